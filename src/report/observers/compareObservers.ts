import { conformityIndexOf, consensusOf, Votes, type Consensus, type ConsensusMethod, type SliceVotes } from '../../consensus/index.ts';
import { RondoError } from '../../errors.ts';
import { Mask } from '../../geometry/index.ts';
import { surfaceTolerance, type PairMetrics } from '../../metrics/index.ts';
import { describeSample, type Description } from '../../statistics/index.ts';
import type { NamedMask, Pair, PairMeasure } from '../comparison.ts';

/** One who drew a structure set: by a name of the study, never of a person treated. */
export interface Observer {
  name: string;
  /** By the names of the comparison; an empty mask is none. */
  structures: readonly NamedMask[];
}

/** How far two who drew, or one who drew and the consensus, agree. Symmetric: neither is a reference. */
export interface Figures {
  /** 0 where only one drew it. */
  dsc: number;
  /** Absent where only one drew it. */
  hd95Mm?: number;
  msdMm?: number;
  surfaceDsc: number;
}

export interface ObserverPair extends Figures {
  /** Their places in the list of observers, in rising order. */
  observers: readonly [number, number];
  presence: 'both' | 'one';
}

/** An observer against the consensus. */
export interface AgainstConsensus extends Figures {
  observer: number;
  /** `missed`: did not draw what there is a consensus of; a failure, counted with a DSC of 0. */
  presence: 'both' | 'missed';
  /** Absent where missed; see `Performance`. */
  sensitivity?: number;
  specificity?: number;
  /** Volume less that of the consensus, also as a share of that. Absent where missed. */
  biasCc?: number;
  biasShare?: number;
}

/** One structure as all observers drew it. */
export interface ObservedStructure {
  name: string;
  /** By observer; 0 where not drawn. */
  volumesCc: readonly number[];
  /** All pairs of whom at least one drew it. */
  pairs: readonly ObserverPair[];
  /** DSC of these pairs, 0 where only one drew it: what counts. */
  dscCounted: Description;
  /** Of pairs who both drew it. */
  dsc: Description;
  hd95Mm: Description;
  msdMm: Description;
  /** Of those who drew it. */
  volume: Description;
  /** Standard deviation of the volumes over their mean, of those who drew it. */
  volumeVariation?: number;
  /** Generalised conformity index of all observers; who did not draw it takes part with nothing. */
  conformityIndex: number;
  toleranceMm: number;
  /** Of those who drew it. */
  slices: readonly SliceVotes[];
  consensus?: Consensus;
  /** Why there is no consensus. */
  noConsensus?: string;
  against: readonly AgainstConsensus[];
}

export interface ObserversComparison {
  method: ConsensusMethod;
  /** By name. */
  observers: readonly Observer[];
  structures: readonly ObservedStructure[];
  /** Names that no observer drew a voxel of: nothing to score. */
  empty: readonly string[];
}

/**
 * Compares observers of equal rank, structure by structure: all pairs, and each against the consensus. The order in which they are given changes nothing: they are
 * put in that of their names. There is a consensus where more than half of all observers drew the structure, and it is of those who did; who did not
 * has missed it.
 * @param structures names in the order in which they are reported
 * @param measure who measures pairs, as `pairMetrics` does
 * @throws RondoError `observers-names` when two have one name, `comparison-name` when an observer has a structure twice, `observers-count`, `frame-differs`, `grid-differs`
 */
export async function compareObservers(given: readonly Observer[], structures: readonly string[], method: ConsensusMethod, { toleranceMm }: { toleranceMm?: number }, measure: PairMeasure): Promise<ObserversComparison> {
  const observers = given.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }) || (a.name < b.name ? -1 : 1));
  const twice = observers.find(({ name }, index) => index > 0 && observers[index - 1].name === name);
  if (twice) throw new RondoError('observers-names', `Comparison refused: two observers are named "${twice.name}". Give each a name of its own.`);
  const masks = observers.map(filledByName);
  const compared: ObservedStructure[] = [];
  const empty: string[] = [];
  for (const name of structures) {
    const drawn = masks.map((byName) => byName.get(name));
    if (drawn.every((mask) => mask === undefined)) empty.push(name);
    else compared.push(await compareOne(name, drawn, method, toleranceMm ?? surfaceTolerance(name).mm, measure));
  }
  return { method, observers, structures: compared, empty };
}

async function compareOne(name: string, drawn: readonly (Mask | undefined)[], method: ConsensusMethod, toleranceMm: number, measure: PairMeasure): Promise<ObservedStructure> {
  const held = drawn.flatMap((mask, observer) => (mask ? [{ mask, observer }] : []));
  const none = Mask.empty(held[0].mask.geometry);
  // Who drew nothing takes part in the index, but every slice would be one on which they differ.
  const votes = new Votes(drawn.map((mask = none) => mask));
  const consensus = consensusOfMost(held.map(({ mask }) => mask), drawn.length, method);
  const couples = held.flatMap((a, index) => held.slice(index + 1).map((b) => [a, b] as const));
  const measured = await measure([
    ...couples.map(([a, b]): Pair => ({ reference: a.mask, test: b.mask, options: { toleranceMm } })),
    ...('mask' in consensus ? held.map(({ mask }): Pair => ({ reference: consensus.mask, test: mask, options: { toleranceMm } })) : []),
  ]);
  const both = couples.map(([a, b], index): ObserverPair => ({ observers: [a.observer, b.observer], presence: 'both', ...figuresOf(measured[index]) }));
  const alone = drawn.flatMap((first, a) => drawn.slice(a + 1).flatMap((second, n): ObserverPair[] => ((first === undefined) === (second === undefined) ? [] : [{ observers: [a, a + 1 + n], presence: 'one', dsc: 0, surfaceDsc: 0 }])));
  const pairs = [...both, ...alone].sort((a, b) => a.observers[0] - b.observers[0] || a.observers[1] - b.observers[1]);
  const volume = describeSample(held.map(({ mask }) => mask.volumeCc));
  return {
    name,
    volumesCc: drawn.map((mask) => mask?.volumeCc ?? 0),
    pairs,
    dscCounted: describeSample(pairs.map(({ dsc }) => dsc)),
    dsc: describeSample(both.map(({ dsc }) => dsc)),
    hd95Mm: describeSample(both.flatMap(({ hd95Mm }) => hd95Mm ?? [])),
    msdMm: describeSample(both.flatMap(({ msdMm }) => msdMm ?? [])),
    volume,
    ...(volume.sd !== undefined && volume.mean !== undefined && { volumeVariation: volume.sd / volume.mean }),
    conformityIndex: conformityIndexOf(votes) ?? 0,
    toleranceMm,
    slices: held.length > 1 ? new Votes(held.map(({ mask }) => mask)).slices : votes.slices,
    ...('mask' in consensus ? { consensus } : { noConsensus: consensus.refused }),
    against: 'mask' in consensus ? againstConsensus(consensus, drawn, measured.slice(couples.length)) : [],
  };
}

/** Absent observers do not vote against a voxel, but a structure that most did not draw has no consensus. */
function consensusOfMost(masks: readonly Mask[], observers: number, method: ConsensusMethod): Consensus | { refused: string } {
  if (masks.length <= observers / 2) return { refused: `drawn by ${masks.length} of ${observers}, which is not more than half` };
  const consensus = consensusOf(masks, method);
  return 'mask' in consensus && consensus.mask.isEmpty ? { refused: 'no voxel belongs to it: the observers have too little in common' } : consensus;
}

/** @param measured of those who drew it, in their order */
function againstConsensus(consensus: Consensus, drawn: readonly (Mask | undefined)[], measured: readonly PairMetrics[]): AgainstConsensus[] {
  let place = 0;
  return drawn.map((mask, observer): AgainstConsensus => {
    if (mask === undefined) return { observer, presence: 'missed', dsc: 0, surfaceDsc: 0 };
    const [metrics, performance] = [measured[place], consensus.performances[place]];
    place++;
    const biasCc = mask.volumeCc - consensus.mask.volumeCc;
    return { observer, presence: 'both', ...figuresOf(metrics), ...performance, biasCc, biasShare: biasCc / consensus.mask.volumeCc };
  });
}

function figuresOf({ dsc = 0, surfaceDsc = 0, hd95Mm, msdMm }: PairMetrics): Figures {
  return { dsc, surfaceDsc, ...(hd95Mm !== undefined && { hd95Mm }), ...(msdMm !== undefined && { msdMm }) };
}

/** The masks of an observer that have voxels, by name. */
function filledByName({ name: observer, structures }: Observer): Map<string, Mask> {
  const twice = structures.find(({ name }, index) => structures.findIndex((other) => other.name === name) < index);
  if (twice) throw new RondoError('comparison-name', `Comparison refused: ${observer} holds two structures named "${twice.name}". Rename or remove one.`);
  return new Map(structures.filter(({ mask }) => !mask.isEmpty).map(({ name, mask }) => [name, mask]));
}
