export { bundledPhantoms, readPhantom, type Phantom } from './readPhantom.ts';
export { writePhantom } from './writePhantom.ts';
