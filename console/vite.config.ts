import { createHash } from 'node:crypto';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const base = '/console/';

// Cloudscape writes its fonts into its style as data: URLs, which the Content-Security-Policy has no place for, and of which a
// browser would load all and use two. They become files.
const fonts: Plugin = {
  name: 'fonts',
  generateBundle(_, bundle) {
    for (const asset of Object.values(bundle)) {
      if (asset.type !== 'asset' || !asset.fileName.endsWith('.css')) continue;
      asset.source = String(asset.source).replace(/url\(["']?data:font\/woff2?;base64,([\w+/=]+)["']?\)/g, (_whole, text: string) => {
        const source = Buffer.from(text, 'base64');
        const fileName = `assets/font-${createHash('sha256').update(source).digest('hex').slice(0, 10)}.woff2`;
        this.emitFile({ type: 'asset', fileName, source });
        return `url(${base}${fileName})`;
      });
    }
  },
};

// The console is served below /console/ and holds all it needs: whoever opens it may have no network.
export default defineConfig({
  base,
  plugins: [react(), fonts],
  build: {
    outDir: 'build',
    assetsInlineLimit: 0, // as fonts: no data: URLs
    license: { fileName: 'licences.json' },
    chunkSizeWarningLimit: 2000,
  },
});
