import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '@reenact/contracts';
import { generateSecret } from '@reenact/credentials';
import { writePrivateFile } from '@reenact/embedded';

export const SAMPLE_USERS = ['admin', 'operator', 'approver', 'approver2', 'viewer', 'auditor'] as const;
export type SampleUser = (typeof SAMPLE_USERS)[number];

export interface InstallationUser {
  id: string;
  name: string;
  email: string;
  token: string;
  installationAdmin: boolean;
}

/** The people of a local installation with their tokens: made once, kept in the home for later starts. */
export type Installation = Record<SampleUser, InstallationUser>;

const NAMES: Record<SampleUser, string> = {
  admin: 'Ada Admin',
  operator: 'Olga Operator',
  approver: 'Aki Approver',
  approver2: 'Ben Approver',
  viewer: 'Vera Viewer',
  auditor: 'Otto Auditor',
};

/** Where the gateway reads its first users from; mode 0600. */
export const usersFile = (home: string) => join(home, 'users.json');

/** Reads the installation of a home, or makes it. */
export function openInstallation(home: string): Installation {
  const file = usersFile(home);
  const kept = readKept(file);
  if (kept) return Object.fromEntries(SAMPLE_USERS.map((name, index) => [name, kept[index]])) as Installation;
  const made = SAMPLE_USERS.map((name) => ({
    id: newId('user'),
    name: NAMES[name],
    email: `${name}@reenact.local`,
    token: generateSecret('api_token', newId('token'), randomBytes(32)),
    installationAdmin: name === 'admin',
  }));
  writePrivateFile(file, `${JSON.stringify(made, null, 2)}\n`);
  return Object.fromEntries(SAMPLE_USERS.map((name, index) => [name, made[index]])) as Installation;
}

function readKept(file: string): InstallationUser[] | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as InstallationUser[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
