// Runs before the first paint so that a dark page never flashes white. It is a file of its own because the
// content security policy forbids inline scripts.
(() => {
  let scheme = null;
  try {
    scheme = localStorage.getItem('fluxo.colorScheme');
  } catch {
    // Storage may be blocked: follow the system.
  }
  if (scheme !== 'light' && scheme !== 'dark') {
    scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme);
})();
