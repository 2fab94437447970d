import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Router } from 'express';

/** In the package beside `dist`: the compiler copies no page. Two up from here, in src/ as in dist/. */
const FOLDER = path.join(import.meta.dirname, '..', '..', 'src', 'server', 'page');

const FILES: Readonly<Record<string, [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/jobCard.js': ['jobCard.js', 'text/javascript; charset=utf-8'],
  '/server.js': ['server.js', 'text/javascript; charset=utf-8'],
};

/** The status page: it holds no data, and asks the API with the key of whoever looks at it. */
export function statusPage(): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const [address, [file, type]] of Object.entries(FILES)) {
    const bytes = readFileSync(path.join(FOLDER, file));
    // Asked for again each time, as the next version may be another: it is small.
    router.get(address, (_, response) => { response.set({ 'content-type': type, 'cache-control': 'no-cache' }).send(bytes); });
  }
  return router;
}
