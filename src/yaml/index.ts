export { readYaml, type YamlContents, type YamlPath, type YamlSubject } from './readYaml.ts';
