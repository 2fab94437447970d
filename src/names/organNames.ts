import type { StructureNames } from './nameTable.ts';

/** What clinics call the body and the organs at risk. */
export const ORGAN_NAMES: readonly StructureNames[] = [
  {
    // TG-263 tells Body ("only the body") from External, which holds what lies on it too; planning systems name their one external contour either way.
    name: 'External',
    patterns: {
      en: 'body(?:contour|outline)?|external(?:contour|outline)|patient(?:contour|outline)?|outline',
      de: 'koe?rper(?:kontur|umriss)?|aussenkontur|patientenkontur|extern',
      fr: '(?:contour)?externe|contour(?:du)?(?:patient|corps)|corps',
      es: '(?:contorno)?externo|cuerpo|contorno(?:del?)?(?:cuerpo|paciente)',
      // 'esterno' is the sternum in Portuguese as well: it fits both, and is ambiguous.
      it: '(?:contorno)?esterno|corpo|contorno(?:del)?(?:corpo|paziente)',
      nl: 'lichaam(?:scontour)?|patientcontour',
      pt: '(?:contorno)?externo|corpo|contorno(?:do)?(?:corpo|paciente)',
      zh: '体表|體表|外轮廓|外輪廓|体轮廓|身体|身體',
      ja: '体表|体輪郭|外輪郭',
    },
  },
  {
    name: 'External',
    patterns: { en: 'skin', de: 'haut', fr: 'peau', es: 'piel', it: 'cute|pelle', nl: 'huid', pt: 'pele', zh: '皮肤|皮膚', ja: '皮膚' },
    doubt: 'TG-263 lists Skin as a structure of its own: the name may mean the outline of the body or a layer of a few mm under it.',
  },
  {
    name: 'Heart',
    patterns: { en: 'wholeheart', de: 'herz|cor', fr: 'coeur', es: 'corazon', it: 'cuore', nl: 'hart', pt: 'coracao', zh: '心脏|心臟', ja: '心臓' },
  },
  {
    name: 'Lungs',
    patterns: {
      en: 'totallungs?|lungs?(?:total|both|combined|bilateral|whole)|(?:both|combined|bilateral|whole)lungs?',
      de: 'lungen?(?:gesamt|ges|beide|beidseits|bds)|(?:gesamt|beide)lungen?|lungen',
      fr: '(?:deux|les2|2)?poumons|poumonstotaux|poumontotal',
      es: '(?:ambos)?pulmones|pulmon(?:es)?total(?:es)?',
      it: '(?:entrambi)?(?:i)?polmoni|polmon[ei]total[ei]',
      nl: '(?:beide)?longen|longentotaal',
      pt: '(?:ambos)?(?:os)?pulmoes|pulm(?:ao|oes)tota(?:l|is)',
      zh: '双肺|雙肺|全肺|两肺|兩肺',
      ja: '両肺|全肺|両側肺',
    },
  },
  {
    name: 'Lung',
    patterns: { de: 'lunge|lungenflue?gel|pulmo', fr: 'poumon', es: 'pulmon', it: 'polmone', nl: 'long', pt: 'pulmao', zh: '肺|肺脏', ja: '肺' },
  },
  {
    name: 'Breast',
    patterns: { de: 'mamma|brust|brustdrue?se', fr: 'sein', es: 'mama', it: 'mammella|mamma|seno', nl: 'borst|mamma', pt: 'mama', zh: '乳腺|乳房|乳', ja: '乳房|乳腺' },
  },
  {
    // 'Medulla', 'moelle' and 'midollo' alone are the cord in a thorax; marrow and medulla oblongata have longer names, which do not fit.
    name: 'SpinalCord',
    patterns: {
      en: 'cord|sp(?:inal)?cord|cordspinal|medulla|medullaspinalis',
      de: 'myelon|rue?ckenmark|spinalmark',
      fr: 'moelle|moelleepiniere',
      es: 'medula|medulaespinal',
      it: 'midollo|midollospinale',
      nl: 'ruggenmerg|ruggemerg|myelum',
      pt: 'medulaespinhal|medulaespinal',
      zh: '脊髓',
      ja: '脊髄',
    },
  },
  {
    name: 'SpinalCanal',
    patterns: {
      en: 'vertebralcanal|canalspinal',
      de: 'spinalkanal|wirbelkanal|rue?ckenmarkskanal|myelonkanal',
      fr: 'canal(?:medullaire|rachidien|vertebral)',
      es: 'canal(?:medular|espinal|raquideo)|conducto(?:vertebral|raquideo)',
      it: 'canale(?:midollare|spinale|vertebrale)',
      nl: 'wervelkanaal|spinaalkanaal|ruggenmergkanaal',
      pt: 'canal(?:medular|vertebral|espinhal)',
      zh: '椎管',
      ja: '脊柱管',
    },
  },
  {
    name: 'Esophagus',
    patterns: { en: 'oe?sophagus|eso|esoph', de: 'speiseroe?hre', fr: 'oe?sophage', es: 'esofago', it: 'esofago', nl: 'slokdarm|oesofagus', pt: 'esofago', zh: '食管|食道', ja: '食道' },
  },
  {
    name: 'Trachea',
    patterns: { de: 'luftroe?hre', fr: 'trachee', es: 'traquea', nl: 'luchtpijp', pt: 'traqueia', zh: '气管|氣管', ja: '気管' },
  },
  {
    name: 'Glnd_Thyroid',
    patterns: {
      en: 'thyroid|thyroidgland|thyroidglnd|glandthyroid',
      de: 'schilddrue?se|thyreoidea',
      fr: '(?:glande)?thyroide',
      es: '(?:glandula)?tiroides',
      it: '(?:ghiandola)?tiroidea?',
      nl: 'schildklier',
      pt: '(?:glandula)?tiroide|tireoide',
      zh: '甲状腺|甲狀腺',
      ja: '甲状腺',
    },
  },
  {
    // A planning CT of the breast shows the humerus to below its head, and clinics name what they draw of it either way.
    name: 'Humerus',
    patterns: {
      en: 'hum(?:erus|eral|eri)?head|headof(?:the)?humerus|caputhumeri',
      de: 'humerus(?:kopf)?|oberarmkopf',
      fr: 'humerus|tete(?:delhumerus|humerale)',
      es: 'humero|cabeza(?:del?humero|humero|humeral)',
      it: 'omero|testa(?:dell)?omer(?:o|ale)',
      nl: 'humerus(?:kop)?',
      pt: 'umero|cabeca(?:do)?umer(?:o|al)',
      zh: '肱骨头?|肱骨頭',
      ja: '上腕骨頭?',
    },
  },
  {
    // RIVA: Ramus interventricularis anterior; IVA: interventriculaire antérieure, interventricolare anteriore.
    name: 'A_LAD',
    patterns: {
      en: 'lad(?:a|artery|coronary|coronaryartery)?|coronarylad|leftanteriordescending(?:coronary)?(?:artery)?',
      de: 'riva|ramusinterventricularisanterior',
      fr: 'iva|(?:artere)?interventriculaireanterieure',
      es: '(?:arteria)?descendenteanterior(?:izquierda)?',
      it: 'iva|(?:arteria)?(?:discendente|interventricolare)anteriore',
      pt: 'arteriadescendenteanterior',
      zh: '左?(?:冠状动脉)?前降支|冠状动脉左前降支',
      ja: '左?前下行枝',
    },
  },
  {
    name: 'Liver',
    patterns: { de: 'leber|hepar', fr: 'foie', es: 'higado', it: 'fegato', nl: 'lever', pt: 'figado', zh: '肝|肝脏|肝臟', ja: '肝|肝臓' },
  },
  {
    name: 'Sternum',
    patterns: { de: 'brustbein', es: 'esternon', it: 'sterno', nl: 'borstbeen', pt: 'esterno', zh: '胸骨', ja: '胸骨' },
  },
  {
    // TG-263's plural BrachialPlexs means both sides and is left out.
    name: 'BrachialPlex',
    patterns: {
      en: '(?:brachial|brach)plexus|plexusbrachial',
      de: 'plexusbrachialis|armplexus|armgeflecht',
      fr: 'plexusbrachial',
      es: 'plexobraquial',
      it: 'plessobrachiale',
      nl: 'plexusbrachialis',
      pt: 'plexobraquial',
      zh: '臂丛(?:神经)?',
      ja: '腕神経叢',
    },
  },
];
