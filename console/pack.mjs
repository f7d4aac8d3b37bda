// Puts what Vite has built where Go embeds it: compressed, without dates, and with the licences of what is in it. Fails when one of
// them is none that the project takes.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const from = 'build';
const to = '../internal/front/console/dist/app';
const taken = ['Apache-2.0', 'MIT', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD', 'MPL-2.0', 'OFL-1.1'];

const parts = JSON.parse(await readFile(join(from, 'licences.json'), 'utf8'));
const refused = parts.filter((p) => !taken.includes(p.identifier));
if (refused.length > 0) throw new Error('licences that the project does not take: ' + refused.map((p) => `${p.name} (${p.identifier})`).join(', '));
const texts = parts.map((p) => `==== ${p.name} ${p.version} (${p.identifier}) ====\n\n${p.text ?? ''}\n`).join('\n');
// The style of the console has a font in it, which Vite does not know of.
const font = await readFile('node_modules/@cloudscape-design/global-styles/THIRD-PARTY-LICENSES.txt', 'utf8');

await rm(to, { recursive: true, force: true });
async function put(name, data) {
  const file = join(to, name);
  await mkdir(dirname(file), { recursive: true });
  const br = brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } });
  if (br.length > data.length * 0.95) return writeFile(file, data);
  await writeFile(file + '.br', br);
  await writeFile(file + '.gz', gzipSync(data, { level: 9 }));
}
for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
  const name = join(entry.parentPath, entry.name).slice(from.length + 1);
  if (entry.isFile() && name !== 'licences.json' && name !== 'index.html') await put(name, await readFile(join(from, name)));
}
await put('licences.txt', Buffer.from(texts + '\n' + font));
await put('index.html', await readFile(join(from, 'index.html'))); // last: whoever sees it finds the rest
