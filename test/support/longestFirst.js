import Sequencer from '@jest/test-sequencer';

/** Suites that take a minute or more: begun last, one of them would keep the others' cores waiting. */
const LONGEST = [
  'service/kills', 'cli/commands', 'cli/compareObservers', 'cli/trend', 'jobs/database', 'server/watches', 'service/takeover', 'server/worklist', 'service/worklistKills', 'service/load', 'service/workers', 'service/shutdown',
  'server/rondoServer', 'cli/addModel', 'service/databaseFaults', 'service/diskFull', 'server/statusPage', 'rtstruct/shapes', 'phantom/readPhantom',
];

const place = ({ path }) => {
  const found = LONGEST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return found < 0 ? LONGEST.length : found;
};

export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => place(one) - place(other));
  }
}
