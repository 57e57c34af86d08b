// `npm start`: brings a fresh clone to life, then becomes apps/local, which gets the arguments.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, install, requireNode, root } from './workspace.mjs';

requireNode();
install();
console.log('Building what changed ...');
if (!(await build('@reenact/local'))) {
  console.error('The build failed.');
  process.exit(1);
}
const main = join(root, 'apps/local/dist/main.js');
process.argv[1] = main;
await import(pathToFileURL(main).href);
