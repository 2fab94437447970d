export { conformityIndexOf } from './agreement.ts';
export { consensusDefinitions, consensusOf, REGION_MM, type Consensus, type ConsensusMethod } from './consensus.ts';
export { isProbable, STAPLE, staple, type Performance, type StapleEstimate } from './staple.ts';
export { MOST_OBSERVERS, Votes, type SliceVotes, type VotePattern } from './votes.ts';
