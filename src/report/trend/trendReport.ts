import type { NelsonRule } from '../../statistics/index.ts';

/** One structure set that was made: what the trend needs of it. Times are ISO 8601, UTC. */
export interface TrendSet {
  sopInstanceUid: string;
  madeAt: string;
  protocol: string;
  models: readonly { name: string; version: string; sha256: readonly string[] }[];
  scan?: { manufacturer?: string | undefined; model?: string | undefined; kernel?: string | undefined; sliceGapMm: number } | undefined;
  found: readonly { name: string; model?: string | undefined; volumeCc: number }[];
  notFound: readonly { name: string; model?: string | undefined; reason: string }[];
}

/** How a structure of such a set agreed with the corrected one. */
export interface TrendComparison {
  sopInstanceUid: string;
  structure: string;
  figures: { presence: 'both' | 'missed' | 'extra'; dsc?: number | undefined; hd95Mm?: number | undefined };
}

export interface TrendInput {
  rondoVersion: string;
  at: Date;
  /** Oldest first. */
  sets: readonly TrendSet[];
  comparisons: readonly TrendComparison[];
  /** Sets that could not be read. */
  unread: number;
  /** Values that limits are made of: the first of each model version. */
  baseline: number;
  since?: string | undefined;
  protocol?: string | undefined;
}

export type Measure = 'volumeCc' | 'notFoundShare' | 'dsc' | 'hd95Mm';

export interface TrendPoint {
  at: string;
  /** Of the set; of the last one of a block of cases. */
  sopInstanceUid: string;
  value: number;
  protocol: string;
  scanner?: string;
  rules: readonly NelsonRule[];
}

/** A side without a limit is one that no value could pass: a DSC has none above 1. */
export interface TrendLimits {
  centre: number;
  low?: number;
  high?: number;
}

/** Points in a row of one version of a model. */
export interface TrendSegment {
  /** Name, version and SHA-256 of what drew. */
  model: string;
  /** Index of its first point. */
  from: number;
  count: number;
  /** By its first `baseline` values. */
  limits?: TrendLimits;
  /** Why it has none. */
  reason?: string;
}

export interface TrendChart {
  measure: Measure;
  points: readonly TrendPoint[];
  segments: readonly TrendSegment[];
}

export interface TrendStructure {
  name: string;
  /** Sets in which it was asked for. */
  cases: number;
  notFound: readonly { reason: string; count: number }[];
  /** Corrected sets that it was compared with; of these it was missed, or removed. */
  compared: { count: number; missed: number; extra: number };
  charts: readonly TrendChart[];
}

/** How contours develop: all that a report of it shows. Plain JSON, nothing of a patient. */
export interface TrendReport {
  schema: 'rondo-trend/1';
  notice: string;
  rondoVersion: string;
  createdAt: string;
  since?: string;
  protocol?: string;
  baseline: number;
  /** Cases of a block in which the share of those not found is counted. */
  block: number;
  rules: Readonly<Record<NelsonRule, string>>;
  sets: { count: number; first?: string; last?: string; compared: number; unread: number };
  protocols: readonly string[];
  /** Versions in the order in which they came. */
  models: readonly { model: string; since: string; sets: number }[];
  scanners: readonly { scanner: string; sets: number }[];
  structures: readonly TrendStructure[];
}
