import { tmpdir } from 'node:os';
import path from 'node:path';

// Models that a developer has added are none of the tests' business; nothing is ever written there.
process.env.RONDO_HOME ??= path.join(tmpdir(), 'rondo-tests-have-no-home');
