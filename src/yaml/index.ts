export { readYaml, type YamlContents, type YamlIssue, type YamlPath, type YamlSubject } from './readYaml.ts';
export { waysThrough } from './waysThrough.ts';
