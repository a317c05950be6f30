/** localStorage that survives being blocked: values are then simply not remembered. */
export const storage = {
  get(key: string): string | null {
    try {
      return localStorage.getItem(`fluxo.${key}`);
    } catch {
      return null;
    }
  },
  set(key: string, value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(`fluxo.${key}`);
      else localStorage.setItem(`fluxo.${key}`, value);
    } catch {
      // Blocked or full storage only costs the memory of a preference.
    }
  },
};
