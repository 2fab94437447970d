import type { Problem } from '../jobs/index.ts';

/** Of a job that waits for a person to choose its protocol. */
export const NO_PROTOCOL: Problem = {
  code: 'protocol-none',
  message: 'No rule chooses a protocol for this series: nothing is guessed.',
  cure: 'Choose the protocol of this job, and add a rule to the configuration: "rondo rules test" shows what the rules see.',
};
