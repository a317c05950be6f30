import { savePreferences } from '@/api/queries/session';
import { changeLanguage, type Language } from '@/i18n';
import { notifyError } from '@/ui';

/** Switches the page at once and tells the server, which then writes mails and problem texts in that language. */
export async function chooseLanguage(language: Language): Promise<void> {
  await changeLanguage(language);
  await savePreferences({ language }).catch(notifyError);
}
