import { execFile } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { choosePort } from '@reenact/embedded';
import { canFindCeph, type Ceph, findCeph } from './ceph-install.js';
import { Daemon, untilAnswers } from './daemon.js';
import { BUCKET, KEYS, type S3Server } from './s3-server.js';

const START_MS = 60_000;

/** Ceph's S3 gateway over a cluster of one monitor and one store in memory: that of the system, or Debian's packages. */
export const cephS3: S3Server = {
  canRun: canFindCeph,

  async start(home, daemons) {
    const ceph = await findCeph();
    const monitor = `v2:127.0.0.1:${await choosePort('a Ceph monitor', undefined, undefined)}`;
    const address = `127.0.0.1:${await choosePort('S3', undefined, undefined)}`;
    const endpoint = `http://${address}`;
    const conf = join(home, 'ceph.conf');
    const fsid = randomUUID();
    await writeFile(conf, configuration({ home, fsid, monitor, address, libraries: ceph.libraries }));
    const run = (program: string, ...args: string[]) =>
      promisify(execFile)(ceph.program(program), ['-c', conf, ...args], { env: ceph.env, cwd: home, timeout: START_MS });
    const serve = (program: string, ...args: string[]) =>
      daemons.push(new Daemon(ceph.program(program), ['-c', conf, '-f', ...args], { home, env: ceph.env }));
    await makeKeys(ceph, home);
    // The first maps already name the only monitor and the only store, so that nobody has to be told of them.
    await run('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', `[${monitor}]`, 'monmap');
    await run('osdmaptool', '--createsimple', '1', 'osdmap');
    const files = ['--monmap', join(home, 'monmap'), '--osdmap', join(home, 'osdmap'), '--keyring', join(home, 'keyring')];
    await run('ceph-mon', '--mkfs', '-i', 'a', ...files);
    serve('ceph-mon', '-i', 'a');
    await run('ceph-osd', '-i', '0', '--mkfs');
    serve('ceph-osd', '-i', '0');
    serve('radosgw', '-n', 'client.admin');
    await untilAnswers(endpoint, daemons, START_MS);
    const { accessKeyId, secretAccessKey } = KEYS;
    const user = ['--uid', 'reenact', '--display-name', 'reenact', '--access-key', accessKeyId, '--secret-key', secretAccessKey];
    await run('radosgw-admin', 'user', 'create', ...user);
    await makeBucket(endpoint);
    return endpoint;
  },
};

function configuration(of: { home: string; fsid: string; monitor: string; address: string; libraries: string }): string {
  const { home, fsid, monitor, address, libraries } = of;
  return `[global]
fsid = ${fsid}
mon_host = ${monitor}
public_network = 127.0.0.0/8
ms_bind_ipv6 = false
auth_allow_insecure_global_id_reclaim = false
keyring = ${home}/keyring
mon_data = ${home}/mon
osd_data = ${home}/osd
run_dir = ${home}
crash_dir = ${home}
log_file = ${home}/$name.log
mon_cluster_log_file = ${home}/cluster.log
admin_socket =
plugin_dir = ${libraries}/ceph
erasure_code_dir = ${libraries}/ceph/erasure-code
osd_class_dir = ${libraries}/rados-classes
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_pool_default_size = 1
osd_pool_default_pg_num = 1
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
# Else each of the gateway's pools waits for a second.
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
rgw_frontends = beast endpoint=${address}
`;
}

async function makeKeys(ceph: Ceph, home: string): Promise<void> {
  await mkdir(join(home, 'mon'));
  await mkdir(join(home, 'osd'));
  const caps: Record<string, string[]> = {
    'mon.': ['mon', 'allow *'],
    'client.admin': ['mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *'],
    'osd.0': ['mon', 'allow profile osd', '--cap', 'osd', 'allow *'],
  };
  const keyring = join(home, 'keyring');
  await writeFile(keyring, '', { mode: 0o600 });
  for (const [name, of] of Object.entries(caps)) {
    await promisify(execFile)(ceph.program('ceph-authtool'), [keyring, '--gen-key', '-n', name, '--cap', ...of], {
      env: ceph.env,
    });
  }
}

/** By a request that is signed as S3's second version has it, which is short. */
async function makeBucket(endpoint: string): Promise<void> {
  const date = new Date().toUTCString();
  const signature = createHmac('sha1', KEYS.secretAccessKey).update(`PUT\n\n\n${date}\n/${BUCKET}`).digest('base64');
  const headers = { date, authorization: `AWS ${KEYS.accessKeyId}:${signature}` };
  const answer = await fetch(`${endpoint}/${BUCKET}`, { method: 'PUT', headers });
  if (!answer.ok) throw new Error(`the bucket could not be made: ${await answer.text()}`);
}
