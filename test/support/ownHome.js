import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

// Models that a developer has added are none of the tests' business; nothing is ever written there.
process.env.RONDO_HOME ??= path.join(tmpdir(), 'rondo-tests-have-no-home');
