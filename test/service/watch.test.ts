import { describe, expect, it, jest } from '@jest/globals';
import { once, EventEmitter } from 'node:events';
import { RondoError } from '../../src/errors.ts';
import { Watch, type Watched } from '../../src/service/watch.ts';
import { keptLog } from '../support/watchLog.ts';

/** Looks that end as a test says, one after another. */
function scripted(...ends: (RondoError | undefined)[]): { watched: Watched; over: Promise<unknown> } {
  const script = new EventEmitter();
  const over = once(script, 'over');
  const left = [...ends];
  const look = async (signal: AbortSignal): Promise<void> => {
    if (left.length === 0) {
      script.emit('over');
      await once(signal, 'abort');
      throw signal.reason;
    }
    const end = left.shift();
    if (end !== undefined) throw end;
  };
  return { watched: { kind: 'archive', name: 'pacs', look, pauseMs: () => 0 }, over };
}

const AWAY = new RondoError('dicomweb-unreachable', 'The archive is away.');
const REFUSED = new RondoError('dicomweb-forbidden', 'The archive refuses.');

describe('a watch', () => {
  it('says when it begins to fail, when it fails for another reason, and when it is well again', async () => {
    const log = keptLog();
    const { watched, over } = scripted(undefined, AWAY, AWAY, AWAY, REFUSED, undefined, undefined, AWAY);
    const watch = new Watch(watched, log);
    watch.start();
    watch.start();
    await over;
    expect(log.lines.map(({ level, details }) => [level, details])).toEqual([
      ['warn', { archive: 'pacs', err: AWAY }], ['warn', { archive: 'pacs', err: REFUSED }], ['info', { archive: 'pacs' }], ['warn', { archive: 'pacs', err: AWAY }],
    ]);
    expect(watch.problem).toMatchObject({ code: 'dicomweb-unreachable', message: 'The archive is away.' });
    await watch.stop();
    await watch.stop();
    expect(log.lines).toHaveLength(4);
  });

  it('says that it gets no answer', async () => {
    const { watched, over } = scripted();
    const watch = new Watch(watched, keptLog());
    watch.start();
    await over;
    expect(watch.problem).toBeUndefined();
    const later = performance.now() + 61_000;
    const clock = jest.spyOn(performance, 'now').mockReturnValue(later);
    expect(watch.problem).toMatchObject({ code: 'watch-silent', message: expect.stringMatching(/^It has not answered for \d+ seconds\.$/) as unknown });
    clock.mockRestore();
    await watch.stop();
  });

  it('ends where it was never started', async () => {
    const { watched } = scripted();
    const watch = new Watch(watched, keptLog());
    await watch.stop();
    expect(watch.problem).toBeUndefined();
  });
});
