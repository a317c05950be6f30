import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type MantineThemeComponents,
  type VariantColorsResolver,
} from '@mantine/core';
import i18next from 'i18next';
import { takeShown } from '@/lib/takeShown';

/** What stands before the fraction of a number in the language of the page. */
const decimalSign = (): string =>
  new Intl.NumberFormat(i18next.resolvedLanguage ?? 'en')
    .formatToParts(0.5)
    .find(({ type }) => type === 'decimal')?.value ?? '.';

const brand: MantineColorsTuple = [
  '#eef4ff',
  '#dbe7ff',
  '#b9d0ff',
  '#8fb4ff',
  '#6b9bff',
  '#3f7bf0',
  '#2a67dd',
  '#1d5fd1',
  '#184fb0',
  '#123f8f',
];

/** Neutrals of Mantine's own styles; tokens.css gives the borders of controls the contrast that they need. */
const gray: MantineColorsTuple = [
  '#f6f8fa',
  '#eef1f5',
  '#e3e7ed',
  '#d5dae1',
  '#b8c1cc',
  '#7d8998',
  '#566274',
  '#46566b',
  '#323b48',
  '#1b2330',
];
const dark: MantineColorsTuple = [
  '#e8ecf1',
  '#c9d1da',
  '#a3aebb',
  '#758296',
  '#323b48',
  '#2a323d',
  '#212833',
  '#181d25',
  '#0f1319',
  '#0b0e13',
];

/**
 * Mantine picks the label colour of a filled button once, from the light shade. The primary contrast variable follows
 * the colour scheme, so the dark brand gets its black label.
 */
const variantColorResolver: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input);
  const isBrand = input.color === undefined || input.color === 'brand';
  if (isBrand && input.variant === 'filled') {
    return { ...colors, color: 'var(--mantine-primary-color-contrast)' };
  }
  if (
    isBrand &&
    (input.variant === 'light' || input.variant === 'subtle' || input.variant === 'transparent')
  ) {
    return { ...colors, color: 'var(--fx-link)' };
  }
  if (input.color === 'red' && input.variant !== 'filled') {
    return { ...colors, color: 'var(--fx-status-failed)' };
  }
  if (input.color === 'red' && input.variant === 'filled') {
    return { ...colors, background: '#b3163c', hover: '#8f1230', color: '#ffffff' };
  }
  if (input.color === 'gray' && (input.variant === 'subtle' || input.variant === 'light')) {
    return { ...colors, color: 'var(--fx-text-muted)', hover: 'var(--fx-bg-hover)' };
  }
  return colors;
};

const shared = {
  '--mantine-color-text': 'var(--fx-text)',
  '--mantine-color-body': 'var(--fx-bg-surface)',
  '--mantine-color-dimmed': 'var(--fx-text-muted)',
  '--mantine-color-placeholder': 'var(--fx-text-muted)',
  '--mantine-color-error': 'var(--fx-status-failed)',
  '--mantine-color-anchor': 'var(--fx-link)',
  '--mantine-color-default': 'var(--fx-bg-surface)',
  '--mantine-color-default-hover': 'var(--fx-bg-hover)',
  '--mantine-color-default-color': 'var(--fx-text)',
  '--mantine-color-default-border': 'var(--fx-line)',
};

/** Binds Mantine's own variables to our tokens; its defaults fail WCAG AA for dimmed, placeholder and error text. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  // Mantine's own shade is too dark for the label of a light button (4.1 to 1).
  light: { ...shared, '--mantine-color-brand-light-hover': '#cddeff' },
  dark: shared,
});

/** Plain objects, not `Component.extend(…)`: that would pull every component named here into the first load. */
const components: MantineThemeComponents = {
  Button: {
    defaultProps: { size: 'sm', fw: 500 },
    vars: (_theme: unknown, { size }: { size?: unknown }) => ({
      root:
        size === 'sm'
          ? { '--button-height': '32px', '--button-fz': '13px', '--button-padding-x': '14px' }
          : {},
    }),
  },
  Input: {
    vars: (_theme: unknown, { size }: { size?: unknown }) => ({
      wrapper: size === undefined || size === 'sm' ? { '--input-height': '34px', '--input-fz': '13px' } : {},
    }),
  },
  // As people of the language write numbers; a comma and a point are both taken while typing.
  NumberInput: { defaultProps: () => ({ decimalSeparator: decimalSign() }) },
  Select: { defaultProps: { onKeyDownCapture: takeShown } },
  MultiSelect: { defaultProps: { onKeyDownCapture: takeShown } },
  Autocomplete: { defaultProps: { onKeyDownCapture: takeShown } },
  TagsInput: { defaultProps: { onKeyDownCapture: takeShown } },
  InputWrapper: {
    vars: () => ({
      label: { '--input-label-size': '13px', '--input-asterisk-color': 'var(--fx-status-failed)' },
      description: { '--input-description-size': '12px' },
      error: { '--input-error-size': '12px' },
      success: { '--input-success-size': '12px' },
    }),
  },
  Tooltip: {
    defaultProps: { openDelay: 350, withArrow: true, events: { hover: true, focus: true, touch: false } },
  },
  Popover: { defaultProps: { shadow: 'var(--fx-shadow-popover)' } },
  Modal: {
    defaultProps: {
      radius: 'xl',
      centered: true,
      padding: 'lg',
      shadow: 'var(--fx-shadow-modal)',
      // A click beside a dialog would throw away what was typed into it.
      closeOnClickOutside: false,
    },
    styles: { title: { fontSize: 16, lineHeight: '24px', fontWeight: 600 } },
  },
};

export const theme = createTheme({
  primaryColor: 'brand',
  primaryShade: { light: 7, dark: 4 },
  colors: { brand, gray, dark },
  autoContrast: true,
  luminanceThreshold: 0.179,
  variantColorResolver,
  fontFamily: '"Inter Variable", system-ui, -apple-system, "Segoe UI", sans-serif',
  fontFamilyMonospace: 'var(--fx-font-mono)',
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '28px' },
      h2: { fontSize: '16px', lineHeight: '24px' },
      h3: { fontSize: '14px', lineHeight: '20px' },
      h4: { fontSize: '13px', lineHeight: '20px' },
    },
  },
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '14px', xl: '16px' },
  lineHeights: { xs: '16px', sm: '16px', md: '20px', lg: '20px', xl: '24px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '2px', sm: '4px', md: '8px', lg: '10px', xl: '12px' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  components,
});
