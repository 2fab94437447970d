import type { KeepRule } from './keepPieces.ts';

/** What is done to one predicted organ at risk, and what is expected of the result. */
export interface OarRule {
  /** TG-263 primary name. */
  name: string;
  /** Air at its outline, and wires and markers on it, leave it, before all else. */
  endsAtSkin?: true;
  /** Which of its connected pieces are kept. */
  keep: KeepRule;
  fillHoles: readonly ('2d-axial' | '3d')[];
  /** Parts that are thinner than this within the slice are removed where they hold more than the given volume: what hangs on the body but is no body. */
  thinParts?: { thicknessMm: number; fromCc: number };
  /** Radius in mm of the rounding within slices, the most by which it moves the outline; undefined: none. */
  smoothingMm?: number;
  /** Structures that lie inside this one: they are added to it first and cut to it afterwards. */
  contains?: readonly string[];
  /** A long organ is there on every slice that holds one of these, and between its own ends; where it is not, a note says so. */
  runsAlong?: readonly string[];
  /** Less than this is reported as not found, in mm³. */
  minVolumeMm3: number;
  /** Volume of an adult's organ that is wholly in the image, in cm³; outside it a note is written, nothing is changed. */
  plausibleCc: readonly [number, number];
  /** Why the values are what they are. */
  reasons: readonly string[];
}

/** Two structures that must lie on the two sides of the patient. */
export interface OarPair {
  left: string;
  right: string;
  /** Least distance in mm of their centres along the patient's left–right axis. */
  minSeparationMm: number;
  reason: string;
}

/** Structures of which no two share a voxel: of two, the one that stands first keeps what both hold. */
export interface Precedence {
  names: readonly string[];
  reason: string;
}

export interface OarTable {
  structures: readonly OarRule[];
  pairs: readonly OarPair[];
  precedence: Precedence;
}

/**
 * Organ masses without a source of their own come from here: both lungs 950 g (woman), 1,200 g (man), left 442/558 g, right
 * 508/642 g; heart with blood 620/840 g; liver 1,400/1,800 g; thyroid 17/20 g; wall of the oesophagus 35/40 g, of the trachea
 * 8/10 g; both breasts 500/25 g. Soft tissue weighs 1.05 g per cm³.
 */
export const ICRP_89 = 'ICRP Publication 89 (2002), reference adult';
