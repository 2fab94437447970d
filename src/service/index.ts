export type { CaseSummary, Contoured, ContouringTask } from './contouringEngine.ts';
export { ContouringProcess, type ContouringOptions, type ContouringProgress } from './contouringProcess.ts';
export { deliver } from './delivery.ts';
export { dimseReceiver } from './dimseReceiver.ts';
export { Intake } from './intake.ts';
export { JobRunner } from './jobRunner.ts';
export { instanceUidsAt, OWN_ARCHIVE } from './peers.ts';
export { openStores, type Stores } from './stores.ts';
export { workFolder } from './workFolder.ts';
