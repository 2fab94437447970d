export { joinNames, type JoinedNames, type NamePair } from './joinNames.ts';
export { joinNamesOfSets, type SharedStructure } from './joinNamesOfSets.ts';
export { type Language, type NameRule, type NameTable } from './nameRule.ts';
export { bundledNameTable } from './nameTable.ts';
export { normaliseName, normaliseNames, type NameOptions, type NameResult, type SetNameResult } from './normaliseName.ts';
export { readNameTable } from './readNameTable.ts';
export { type Side } from './sides.ts';
export { isTg263Style } from './tg263Style.ts';
