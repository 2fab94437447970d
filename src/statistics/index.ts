export { blandAltman, theilSen, type Agreement, type Slope } from './bias.ts';
export { BOOTSTRAP, bootstrapInterval, type BootstrapMethod, type Interval } from './bootstrap.ts';
export { baselineLimits, NELSON_RULES, nelsonSignals, shareLimits, type NelsonRule } from './controlChart.ts';
export { controlLimits, type ControlLimits } from './controlLimits.ts';
export { describeSample, mean, median, percentile, type Description } from './describe.ts';
export { holm } from './holm.ts';
export { wilcoxonSignedRank, type SignedRank } from './wilcoxon.ts';
