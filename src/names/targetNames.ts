import type { StructureNames } from './nameTable.ts';

/** A nodal CTV may be named by its type (TG-263 8.2), by 'LN' (TG-263 7.2.9), German 'LK' or 'LAW', or by its place alone. */
const NODAL = '(?:ctvn?|ln|lk|law)?';

/**
 * An axillary level of the ESTRO consensus. Digits stand alone ('L2', 'level 2'); Roman ones only beside the axilla, as
 * 'level II' is a station of the neck. 'Axilla 2' is left out: the digit may count copies.
 */
function axillaryLevel(digit: '1' | '2' | '3', roman: 'i' | 'ii' | 'iii'): StructureNames['patterns'] {
  const either = `(?:${digit}|${roman})`;
  return {
    any: `${NODAL}(?:ax|axilla)?l${digit}|l${digit}axln|${NODAL}(?:level|lvl)${digit}`,
    en: `${NODAL}ax(?:illa|illary)?(?:nodes?|ln)?(?:level|lvl)${either}|${NODAL}(?:level|lvl)${either}ax(?:illa|illary)(?:nodes?)?`,
    de: `${NODAL}axill(?:a|ae?r|ae?re)(?:lk)?level${either}`,
    fr: `${NODAL}(?:niveau${digit}|(?:aisselle|axillaire)niveau${either})`,
    es: `${NODAL}(?:nivel${digit}|axila(?:r)?nivel${either})`,
    it: `${NODAL}(?:livello${digit}|ascell(?:a|are)livello${either})`,
    nl: `${NODAL}oksel(?:level|niveau)${either}`,
    pt: `${NODAL}(?:nivel${digit}|axila(?:r)?nivel${either})`,
    zh: `(?:ctvn?)?腋窝?(?:淋巴结)?第?${either}(?:组|站|水平)`,
    ja: `(?:ctvn?)?腋窩(?:リンパ節)?レベル${either}`,
  };
}

/** What clinics call the targets of the ESTRO consensus; nothing without 'CTV' is a target of the breast or chest wall. */
export const TARGET_NAMES: readonly StructureNames[] = [
  {
    name: 'CTVp_Breast',
    patterns: {
      en: 'ctvp?(?:whole)?breast|ctvp?wb',
      de: 'ctvp?(?:mamma|brust)',
      fr: 'ctvp?sein',
      es: 'ctvp?mama',
      it: 'ctvp?(?:mammella|mamma|seno)',
      nl: 'ctvp?(?:borst|mamma)',
      pt: 'ctvp?mama',
      zh: 'ctvp?全?(?:乳腺|乳房|乳)',
      ja: 'ctvp?全?(?:乳房|乳腺)',
    },
  },
  {
    name: 'CTVp_Chestwall',
    patterns: {
      any: 'ctvp?cw',
      en: 'ctvp?(?:thoracic)?chestwall|ctvp?thoracic(?:cw|wall)',
      de: 'ctvp?(?:thoraxwand|brustwand)',
      fr: 'ctvp?paroi(?:thoracique)?',
      es: 'ctvp?pared(?:toracica|costal)?',
      it: 'ctvp?parete(?:toracica)?',
      nl: 'ctvp?(?:thoraxwand|borstwand)',
      pt: 'ctvp?(?:parede(?:toracica)?|plastrao)',
      zh: 'ctvp?胸壁',
      ja: 'ctvp?胸壁',
    },
  },
  {
    name: 'CTVp_Chestwall',
    patterns: { any: 'cw', en: 'chestwall', de: 'thoraxwand|brustwand', fr: 'paroi(?:thoracique)?', es: 'pared(?:toracica|costal)', it: 'paretetoracica', nl: 'thoraxwand|borstwand', pt: 'paredetoracica', zh: '胸壁', ja: '胸壁' },
    doubt: 'TG-263 lists Chestwall as an organ, whose outline is not that of the target.',
  },
  {
    // The bed alone: 'CTV boost' is the bed with a margin.
    name: 'CTVp_Tumorbed',
    patterns: { en: 'ctvp?tumou?rbed', de: 'ctvp?tumorbett', fr: 'ctvp?littumoral', es: 'ctvp?lechotumoral', it: 'ctvp?lettotumorale', nl: 'ctvp?tumorbed', pt: 'ctvp?leitotumoral', zh: 'ctvp?瘤床', ja: 'ctvp?腫瘍床' },
  },
  { name: 'CTVn_L1', patterns: axillaryLevel('1', 'i') },
  { name: 'CTVn_L2', patterns: axillaryLevel('2', 'ii') },
  { name: 'CTVn_L3', patterns: axillaryLevel('3', 'iii') },
  {
    // ESTRO level 4 is the supraclavicular station of the breast. RTOG's reaches higher: a site that follows it replaces this entry.
    name: 'CTVn_L4',
    patterns: {
      any: `${NODAL}(?:l4|(?:level|lvl)4|scv|scf|sclav|supraclav)|ctvn?scl|sclavln`,
      en: `${NODAL}(?:supraclav|supraclavicular|sclav|scv)(?:nodes?|ln|lns|fossa|region)|${NODAL}supraclavicular`,
      de: `${NODAL}supra[ck]lavi[ck]ulae?r(?:elk|lk)?`,
      fr: `${NODAL}(?:sus|supra)clav(?:iculaires?)?|${NODAL}niveau4`,
      es: `${NODAL}supraclavicular(?:es)?|${NODAL}nivel4`,
      it: `${NODAL}so[pv]raclav(?:eare|eari|icolare|icolari)|${NODAL}livello4`,
      nl: `${NODAL}supraclaviculaire?`,
      pt: `${NODAL}supraclavicular(?:es)?|${NODAL}nivel4`,
      zh: '(?:ctvn?)?(?:锁骨上|鎖骨上)(?:区|淋巴结|淋巴引流区)?|(?:ctvn?)?锁上',
      ja: '(?:ctvn?)?鎖骨上(?:窩|リンパ節)?',
    },
  },
  {
    // TG-263 lists LN_IMN and LN_Parasternal under one anatomical code. Bare 'internal mammary' may be the vessel and is left out.
    name: 'CTVn_IMN',
    patterns: {
      any: `${NODAL}(?:imn|imc|imln)|imnln`,
      en: `(?:ctvn?)?(?:internalmammary|intmammary|im)(?:nodes?|chain|ln|lns|nodalchain)|(?:ctvn?|ln)internalmammary|${NODAL}parasternal(?:nodes?|ln)?`,
      de: `${NODAL}parasternal(?:elk|lk)?|(?:ctvn?|lk|law)mammariainterna|mammariainternalk`,
      fr: '(?:ctvn?)?(?:cmi|chainemammaireinterne)|ctvn?mammaireinterne',
      es: '(?:ctvn?)?(?:cmi|cadenamamariainterna)|ctvn?mamariainterna',
      it: '(?:ctvn?)?(?:cmi|catenamammariainterna)|ctvn?mammariainterna',
      pt: '(?:ctvn?)?cadeiamamariainterna|ctvn?mamariainterna',
      zh: '(?:ctvn?)?内乳(?:区|淋巴结|淋巴引流区)?',
      ja: '(?:ctvn?)?(?:内胸|傍胸骨|胸骨傍)リンパ節',
    },
  },
  {
    // Rotter's nodes lie between the pectoral muscles.
    name: 'CTVn_Interpec',
    patterns: {
      any: `${NODAL}(?:interpec|interpect|rotter)`,
      en: `${NODAL}interpectoral(?:nodes?)?|rotternodes?`,
      de: `${NODAL}interpektoral(?:elk|lk)?|rotterlk`,
      fr: `${NODAL}interpectora(?:l|ux)`,
      es: `${NODAL}interpectoral(?:es)?`,
      it: `${NODAL}interpettoral[ei]`,
      pt: `${NODAL}interpeitora(?:l|is)`,
      zh: '(?:ctvn?)?胸肌间(?:淋巴结)?',
      ja: '(?:ctvn?)?胸筋間(?:リンパ節)?',
    },
  },
];
