import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.FLUXO_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  resolve: { tsconfigPaths: true },
  // Found late otherwise: the first "Tidy up" would reload the page in development.
  optimizeDeps: { include: ['elkjs/lib/elk.bundled.js'] },
  server: {
    // Texts of findings are read from where the server's are.
    fs: { allow: ['.', '../schemas'] },
    proxy: { '/api': { target: server, changeOrigin: false, ws: true } },
  },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    manifest: true,
    // Inlined assets would need data: in the content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      output: {
        // What every page loads is one file, and the many small parts that pages share are another: a file costs a
        // request, and small files compress badly.
        codeSplitting: {
          groups: [
            { name: 'shell', tags: ['$initial'], test: /^(?!.*(main\.tsx|index\.html))/, priority: 2 },
            {
              name: 'parts',
              minShareCount: 4,
              test: /lucide-react|@mantine.hooks|@mantine.core.esm.(core|utils)|designer-ui.src.(theme|ui)/,
              maxModuleSize: 3000,
            },
          ],
        },
      },
    },
  },
  test: {
    css: false,
    restoreMocks: true,
    // A loaded machine is slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A document takes longer to make than most tests take to run: what needs none has none.
    setupFiles: ['./src/test/setup.ts'],
    projects: [
      { extends: true, test: { name: 'dom', environment: 'jsdom', include: ['src/**/*.test.tsx'] } },
      { extends: true, test: { name: 'node', environment: 'node', include: ['src/**/*.test.ts'] } },
    ],
  },
});
