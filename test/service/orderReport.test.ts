import { describe, expect, it } from '@jest/globals';
import type { OrderReport } from '../../src/jobs/index.ts';
import { progressReport } from '../../src/service/orderReport.ts';

describe('what a worklist is told of a job', () => {
  it('grows to the end, also where several models go through their stages one after another', () => {
    const stages: [stage: string, done: number, total: number][] = [
      ['fetching', 0, 10], ['fetching', 10, 10], ['reading', 0, 1], ['resampling', 0, 1], ['loading', 0, 1], ['network', 1, 4], ['network', 4, 4], ['masks', 0, 1],
      ['resampling', 0, 1], ['network', 2, 4], ['rules', 0, 1], ['contours', 3, 5], ['writing', 0, 1], ['checking', 0, 1], ['of a later version', 1, 0],
    ];
    let before: OrderReport | undefined;
    const told = stages.map(([stage, done, total]) => (before = progressReport({ state: stage === 'fetching' ? 'fetching' : 'contouring', progress: { stage, done, total }, problem: undefined }, before)));
    const percents = told.map(({ percent }) => percent);
    expect(percents).toEqual([...percents].sort((one, other) => one - other));
    expect(told[1]).toEqual({ percent: 15, description: 'fetching' });
    expect(told[5]).toEqual({ percent: 34, description: 'network' });
    expect(progressReport({ state: 'delivering', progress: undefined, problem: undefined }, before)).toEqual({ percent: 95, description: 'delivering' });
  });

  it('says why a job waits', () => {
    expect(progressReport({ state: 'waiting', progress: undefined, problem: { code: 'x', message: 'No rule.', cure: '' } }, undefined)).toEqual({ percent: 0, description: 'waits for a person: No rule.' });
    expect(progressReport({ state: 'received', progress: undefined, problem: undefined }, { percent: 20, description: 'network' })).toEqual({ percent: 20, description: 'waits to be worked on' });
  });
});
