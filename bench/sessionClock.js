/**
 * Preloaded by `node --import`: when the process ends, it prints on standard error how long onnxruntime ran networks in it, and its peak
 * memory as the operating system has it.
 */
import { isMainThread } from 'node:worker_threads';

// Threads that draw contours inherit the option, and load no network.
if (isMainThread) {
  const { InferenceSession } = await import('onnxruntime-node');
  const { run } = InferenceSession.prototype;
  let seconds = 0;
  InferenceSession.prototype.run = async function (...given) {
    const start = performance.now();
    const results = await run.apply(this, given);
    seconds += (performance.now() - start) / 1000;
    return results;
  };
  process.on('exit', () => console.error(JSON.stringify({ networkSeconds: seconds, peakMb: process.resourceUsage().maxRSS / 1024 })));
}
