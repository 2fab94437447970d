import { intersection, subtraction } from '../algebra/index.ts';
import { Mask } from '../geometry/index.ts';
import { centroidMm } from '../oar/index.ts';
import { lateralMm, reachMm, type BodyFrame } from './bodyFrame.ts';
import type { RuleLedger } from './ruleLedger.ts';
import { change, type TargetDraft } from './targetDraft.ts';
import { STATION_ORDER, type BodySide } from './targetTable.ts';

/** A gap between IMN and L4 up to this, in mm, is not flagged: the stations' ends are rounded. */
const GAP_MM = 5;

/** Parts stations: each shared voxel goes to the station of the higher probability, where both have one, else to the first in `STATION_ORDER`. */
export function partStations(drafts: readonly TargetDraft[], ledger: RuleLedger): void {
  const rank = ({ row }: TargetDraft): number => STATION_ORDER.findIndex((name) => name === row.name);
  const stations = drafts.filter((draft) => rank(draft) >= 0).toSorted((a, b) => rank(a) - rank(b));
  stations.forEach((first, index) => {
    for (const second of stations.slice(index + 1)) {
      const shared = intersection(first.mask, second.mask);
      if (shared.isEmpty) continue;
      const lost = lostByFirst(shared, first, second);
      const text = `${first.name} and ${second.name} shared ${shared.volumeCc.toFixed(2)} cm³`;
      ledger.note('stations-disjoint', first.probability && second.probability ? `${text}, given to the more probable` : `${text}, given to ${first.name}, which stands first`);
      change(first, lost.isEmpty ? first.mask : subtraction(first.mask, lost), 'stations-disjoint', ledger);
      const lostBySecond = subtraction(shared, lost);
      change(second, lostBySecond.isEmpty ? second.mask : subtraction(second.mask, lostBySecond), 'stations-disjoint', ledger);
    }
  });
}

/** The voxels of a shared region at which the second station is more probable. */
function lostByFirst({ geometry, box, voxels }: Mask, first: TargetDraft, second: TargetDraft): Mask {
  if (!first.probability || !second.probability) return Mask.empty(geometry);
  const area = box.size[0] * box.size[1];
  const lost = new Uint8Array(voxels.length);
  for (let z = 0; z < box.size[2]; z++) {
    const [ofFirst, ofSecond] = [first.probability(box, box.min[2] + z), second.probability(box, box.min[2] + z)];
    for (let pixel = 0; pixel < area; pixel++) lost[z * area + pixel] = voxels[z * area + pixel] & Number(ofSecond[pixel] > ofFirst[pixel]);
  }
  return new Mask(geometry, box, lost);
}

/** Flags stations of one side that do not lie to each other as the consensus says. */
export function checkOrder(drafts: readonly TargetDraft[], side: BodySide, { midline }: BodyFrame, ledger: RuleLedger): void {
  const station = (name: (typeof STATION_ORDER)[number]): TargetDraft | undefined => drafts.find((draft) => draft.side === side && draft.row.name === name && !draft.mask.isEmpty);
  const flag = (text: string, ...flagged: readonly TargetDraft[]): void => {
    for (const { notes } of flagged) notes.push(`order: ${text}: check it`);
    ledger.note('stations-ordered', text);
  };
  const present = (['CTVn_L1', 'CTVn_L2', 'CTVn_L3', 'CTVn_L4'] as const).flatMap((name) => station(name) ?? []);
  if (midline === undefined) ledger.note('stations-ordered', `the order from lateral to medial on side ${side} was not checked: no organ shows the midline`);
  else {
    const laterals = present.map(({ mask }) => lateralMm(centroidMm(mask)?.[0] ?? NaN, side, midline.xMm));
    for (let n = 1; n < present.length; n++) {
      if (laterals[n] < laterals[n - 1]) continue;
      flag(`${present[n].name} lies as far lateral as ${present[n - 1].name} or farther (${laterals[n].toFixed(0)} and ${laterals[n - 1].toFixed(0)} mm from the midline)`, present[n - 1], present[n]);
    }
  }
  const [upper, lower] = [station('CTVn_L4'), station('CTVn_IMN')];
  if (upper === undefined || lower === undefined) return;
  const [above, below] = [reachMm(upper.mask), reachMm(lower.mask)];
  if (above === undefined || below === undefined) return;
  const [upperZ, lowerZ] = [centroidMm(upper.mask)?.[2] ?? NaN, centroidMm(lower.mask)?.[2] ?? NaN];
  const stepMm = Math.max(above.stepMm, below.stepMm);
  const overlapMm = below.highMm - above.lowMm;
  if (upperZ <= lowerZ) flag(`${upper.name} lies below ${lower.name}`, upper, lower);
  // Two stations that end in the same slice share one slice: their outermost centres are level.
  else if (overlapMm > stepMm / 2) flag(`${lower.name} reaches ${overlapMm.toFixed(0)} mm above the lower end of ${upper.name}, expected one slice at most`, upper, lower);
  else if (-overlapMm - stepMm > GAP_MM) flag(`${lower.name} ends ${(-overlapMm - stepMm).toFixed(0)} mm below ${upper.name}, expected to meet it`, upper, lower);
}
