import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The layers of docs/architecture.md: each folder of src/ and what it may import.
 * A folder's `index.ts` is its only door.
 */
const layers = {
  geometry: [],
  algebra: ['geometry'],
  dicom: ['geometry'],
  ct: ['geometry', 'dicom'],
  nifti: ['geometry'],
  segmentation: ['geometry', 'dicom'],
  rtstruct: ['geometry', 'dicom'],
  yaml: [],
  names: ['rtstruct', 'yaml'],
  interpolation: ['geometry'],
  contouring: ['geometry', 'yaml'],
  goals: [],
  metrics: ['geometry', 'algebra'],
  consensus: ['geometry', 'algebra', 'metrics'],
  statistics: [],
  report: ['geometry', 'goals', 'metrics', 'consensus', 'statistics'],
  structuredReport: ['dicom', 'rtstruct', 'goals', 'metrics', 'report'],
  oar: ['geometry', 'algebra'],
  ctv: ['geometry', 'algebra', 'oar'],
  protocol: ['geometry', 'algebra', 'rtstruct', 'names', 'goals', 'ctv', 'yaml'],
  pipeline: ['geometry', 'dicom', 'algebra', 'rtstruct', 'contouring', 'goals', 'metrics', 'oar', 'ctv', 'protocol'],
  phantom: ['geometry', 'dicom', 'ct', 'nifti', 'rtstruct'],
  config: ['dicom', 'yaml'],
  dimse: ['dicom'],
  dicomweb: ['dicom'],
  archive: ['dicom'],
  jobs: [],
  service: ['dicom', 'ct', 'contouring', 'protocol', 'pipeline', 'config', 'dimse', 'dicomweb', 'archive', 'jobs'],
  server: ['dicom', 'config', 'dicomweb', 'archive', 'jobs', 'service'],
  cli: ['geometry', 'algebra', 'dicom', 'ct', 'nifti', 'segmentation', 'rtstruct', 'yaml', 'interpolation', 'names', 'contouring', 'goals', 'metrics', 'consensus', 'statistics', 'report', 'structuredReport', 'oar', 'ctv', 'protocol', 'pipeline', 'phantom', 'config', 'dimse', 'dicomweb', 'archive', 'jobs', 'service', 'server'],
};

const layerRules = Object.entries(layers).map(([folder, allowed]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(?!${[...allowed, folder].map((name) => `${name}/`).join('|')})(${Object.keys(layers).join('|')})/`,
            message: `${folder}/ may import only: ${allowed.join(', ') || 'nothing'} (docs/architecture.md, layers).`,
          },
          {
            regex: `^(\\.\\./)+(${Object.keys(layers).filter((name) => name !== folder).join('|')})/(?!index\\.ts$)`,
            message: "Import another folder by its door, index.ts, never a file behind it.",
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'coverage/', 'training/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js', 'jest.config.js', 'test/support/sharedRealm.js'] }, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      'no-console': 'error',
    },
  },
  ...layerRules,
  { files: ['src/cli/**', 'bench/**'], rules: { 'no-console': 'off' } },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  { files: ['bench/**/*.js'], languageOptions: { globals: { console: 'readonly', fetch: 'readonly', performance: 'readonly', process: 'readonly' } } },
);
