import { Button, FileButton, Group, Input, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ImagePlus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { errorText, notifyDone } from '@/ui';
import { deletePicture, type Product, putPicture } from './api';
import { ProductPicture } from './ProductPicture';

interface PictureFieldProps {
  readonly product: Product;
  readonly mayEdit: boolean;
  readonly onChange: (product: Product) => void;
}

/** The picture of a product: changed at once, without the rest of the form. */
export function PictureField({ product, mayEdit, onChange }: PictureFieldProps) {
  const { t } = useTranslation(['products', 'common']);
  const client = useQueryClient();
  const done = (saved: Product) => {
    void client.invalidateQueries({ queryKey: ['products'] });
    onChange(saved);
    notifyDone(t(saved.pictureId ? 'picture.set' : 'picture.gone'));
  };
  const put = useMutation({ mutationFn: (file: File) => putPicture(product, file), onSuccess: done });
  const remove = useMutation({ mutationFn: () => deletePicture(product), onSuccess: done });
  const failed = put.error ?? remove.error;
  const words = failed && errorText(failed);
  if (!mayEdit && !product.pictureId) return null;
  return (
    <Input.Wrapper
      label={t('picture.label')}
      labelElement="div"
      description={mayEdit ? t('picture.hint') : undefined}
      error={words && [words.title, words.remedy].filter(Boolean).join(' ')}
    >
      <Group gap="sm" mt={6}>
        <ProductPicture id={product.pictureId} size="large" />
        {mayEdit && (
          <FileButton
            accept="image/png,image/jpeg,image/webp,image/gif"
            onChange={(file) => {
              remove.reset();
              if (file) put.mutate(file);
            }}
          >
            {(props) => (
              <Button
                {...props}
                variant="default"
                loading={put.isPending}
                leftSection={<ImagePlus size={16} aria-hidden />}
              >
                {t(product.pictureId ? 'picture.replace' : 'picture.choose')}
              </Button>
            )}
          </FileButton>
        )}
        {mayEdit && product.pictureId && (
          <Button
            variant="subtle"
            color="red"
            loading={remove.isPending}
            onClick={() => {
              put.reset();
              remove.mutate();
            }}
          >
            {t('picture.remove')}
          </Button>
        )}
        {put.isPending && (
          <Text size="sm" c="dimmed" role="status">
            {t('picture.sending')}
          </Text>
        )}
      </Group>
    </Input.Wrapper>
  );
}
