// The manual, `make install` and the Debian package.
// SPDX-License-Identifier: MIT
//
// EXPECTED: manual and completions know every option and key of the binary; install obeys DESTDIR and
// PREFIX and leaves a configuration as it is; the package holds what it must, lintian finds nothing,
// and its scripts start, change over without a gap, stop and clean up. systemd and the system's users
// are stand-ins that write down how they were called.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync,
  statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { BINARY, scratch } from './lib/relay.mjs';
import { exchangeable, fronts } from './lib/upgrade.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';

const BUILT = path.resolve(BINARY);
const mode = (file) => (statSync(file).mode & 0o777).toString(8);

async function right(command, args, options) {
  const got = await run(command, args, { limitMs: 90000, cwd: ROOT, ...options });
  assert.equal(got.code, 0, `${command} ${args.join(' ')}\n${got.out}${got.log}`);
  return got.out;
}

// What bash would offer for these words, the last one being typed.
const offered = async (file, ...words) => (await right('bash', ['-c',
  'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _roomcast; printf "%s\\n" "${COMPREPLY[@]}"',
  'bash', file, 'roomcast', ...words])).trim().split('\n').filter(Boolean);

test('manual and completions', async (t) => {
  const dir = scratch(t);
  await right('scripts/manual', [BUILT, dir]);
  const pages = ['roomcast.8', 'roomcast.conf.5'].map((f) => path.join(dir, f));
  const judged = await run('mandoc', ['-Tlint', '-W', 'warning', ...pages]);
  assert.equal(judged.code, 0, `${judged.out}${judged.log}`);
  const [program, configuration] = await Promise.all(pages.map((p) => right('mandoc', ['-Tutf8', '-O',
    'width=200', p]).then((s) => s.replace(/.\x08/g, ''))));

  const options = [...(await right(BUILT, ['--help']) + await right(BUILT, ['sign', '--help']))
    .matchAll(/^  (--[a-z-]+)/gm)].map((m) => m[1]);
  assert.ok(options.length >= 11);
  for (const o of options) assert.match(program, new RegExp(`^ +${o}( |$)`, 'm'));
  // --check prints every key that is in force, under its section.
  let section = '';
  const keys = (await right(BUILT, ['--check'])).split('\n').flatMap((line) => {
    if (/^\w/.test(line)) section = line.replace(':', '');
    const key = /^  (\w+):/.exec(line)?.[1];
    return key && key !== 'list' ? [`${section}.${key}`] : [];
  });
  assert.ok(keys.length > 50);
  for (const k of keys) assert.match(configuration, new RegExp(`^ +${k.replace('.', '\\.')}( |$)`, 'm'));
  assert.match(configuration, /rooms\.list\.passphrase\s+SRT's passphrase; .* Expected: one line of text, 10 to 79 bytes\./);

  const bash = path.join(dir, 'roomcast.bash');
  assert.deepEqual(await offered(bash, '--up'), ['--upgrade']);
  assert.deepEqual(await offered(bash, 's'), ['sign']);
  assert.deepEqual(await offered(bash, 'sign', '--exp'), ['--expires']);
  assert.deepEqual(await offered(bash, '--set', 'hls.part_u'), ['hls.part_uris=']);
  assert.deepEqual(await offered(bash, '--set', 'hls.part_uris', '='), ['number', 'range']);
  assert.deepEqual(await offered(bash, '--set', 'hls.low_latency', '=', 'f'), ['false']);
  assert.deepEqual((await offered(bash, '--set', '')).map((k) => k.slice(0, -1)).sort(), [...keys].sort());
  for (const shell of ['_roomcast', 'roomcast.fish']) {
    const text = readFileSync(path.join(dir, shell), 'utf8');
    for (const o of options) assert.ok(text.includes(shell === '_roomcast' ? o : `-l ${o.slice(2)} `), `${shell}: ${o}`);
    for (const k of keys) assert.ok(text.includes(k), `${shell}: ${k}`);
  }
});

test('make install', async (t) => {
  const dest = scratch(t);
  const at = (...p) => path.join(dest, ...p);
  const install = () => right('scripts/install', [BUILT, dest, '/opt/rc']);
  await install();
  assert.equal(mode(at('opt/rc/bin/roomcast')), '755');
  assert.equal(await right(at('opt/rc/bin/roomcast'), ['--version']), await right(BUILT, ['--version']));
  const unit = readFileSync(at('opt/rc/lib/systemd/system/roomcast.service'), 'utf8');
  assert.match(unit, /^ExecStart=\/opt\/rc\/bin\/roomcast --config \/etc\/roomcast\/roomcast\.conf$/m);
  assert.doesNotMatch(unit, /usr\/local/);
  for (const file of ['lib/systemd/system/roomcast.socket', 'lib/sysusers.d/roomcast.conf',
    'share/man/man8/roomcast.8', 'share/man/man5/roomcast.conf.5',
    'share/bash-completion/completions/roomcast', 'share/zsh/vendor-completions/_roomcast',
    'share/fish/vendor_completions.d/roomcast.fish', 'share/roomcast/grafana/roomcast.json',
    'share/roomcast/prometheus/roomcast-rules.yml', 'share/roomcast/caches/nginx.conf']) {
    assert.equal(mode(at('opt/rc', file)), '644', file);
  }
  const config = at('etc/roomcast/roomcast.conf');
  assert.equal(mode(config), '640');
  await right(at('opt/rc/bin/roomcast'), ['--check', '--config', config]);
  writeFileSync(config, 'rooms:\n  open: false\n');
  await install();
  assert.equal(readFileSync(config, 'utf8'), 'rooms:\n  open: false\n', 'an edited file stays');
});

// A package's scripts with their world in a folder. script(name, ...arguments) → what they called
function world(t, control) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'roomcast-deb-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const bin = path.join(dir, 'bin');
  const calls = path.join(dir, 'calls');
  for (const d of ['bin', 'systemd', 'etc', 'state']) mkdirSync(path.join(dir, d));
  const fake = (name, body) => {
    writeFileSync(path.join(bin, name), `#!/bin/sh\necho "${name} $*" >>"${calls}"\n${body}\n`);
    chmodSync(path.join(bin, name), 0o755);
  };
  for (const name of ['deb-systemd-helper', 'deb-systemd-invoke', 'chgrp']) fake(name, '');
  fake('dpkg-statoverride', 'exit 1');
  fake('getent', `[ -e "${dir}/user" ]`);
  fake('adduser', `touch "${dir}/user"`);
  fake('deluser', `rm "${dir}/user"`);
  fake('systemctl', `case $* in\n*is-active*) [ -s "${dir}/pid" ] ;;\n*MainPID*) cat "${dir}/pid" ;;\nesac`);
  writeFileSync(path.join(dir, 'etc/roomcast.conf'), '');
  writeFileSync(path.join(dir, 'state/journal'), '');
  return { dir, bin, async script(name, ...args) {
    writeFileSync(calls, '');
    const text = readFileSync(path.join(control, name), 'utf8')
      .replaceAll('/run/systemd/system', `${dir}/systemd`).replaceAll('/etc/roomcast', `${dir}/etc`)
      .replaceAll('/var/lib/roomcast', `${dir}/state`);
    writeFileSync(path.join(dir, name), text);
    const got = await run('sh', [path.join(dir, name), ...args], { limitMs: 60000,
      env: { PATH: `${bin}:${process.env.PATH}` } });
    assert.equal(got.code, 0, `${name} ${args}: ${got.log}`);
    return { calls: readFileSync(calls, 'utf8'), said: got.out + got.log };
  } };
}

test('the package', async (t) => {
  const dir = scratch(t);
  // The folder gives its group to what is in it, and has something called "work" already.
  chmodSync(dir, 0o2755);
  mkdirSync(path.join(dir, 'work'));
  const deb = (await right('scripts/deb', [BUILT, dir], { env: { DEB_VERSION: '1:9.8~test' } })).trim();
  await right('lintian', ['--fail-on', 'error,warning', deb]);
  const field = (name) => right('dpkg-deb', ['-f', deb, name]).then((s) => s.trim());
  assert.equal(await field('Version'), '1:9.8~test');
  assert.match(await field('Depends'), /libc6 \(>=.*libsrt1\.5-gnutls.*adduser/);
  const tree = path.join(dir, 'tree');
  await right('dpkg-deb', ['-x', deb, tree]);
  const control = path.join(dir, 'control');
  await right('dpkg-deb', ['-e', deb, control]);
  assert.equal(readFileSync(path.join(control, 'conffiles'), 'utf8'), '/etc/roomcast/roomcast.conf\n');
  assert.match(readFileSync(path.join(tree, 'lib/systemd/system/roomcast.service'), 'utf8'),
    /^ExecStart=\/usr\/bin\/roomcast /m);
  assert.equal(await right(path.join(tree, 'usr/bin/roomcast'), ['--version']), await right(BUILT, ['--version']));
  await right('md5sum', ['--quiet', '-c', path.join(control, 'md5sums')], { cwd: tree });
  assert.deepEqual(readdirSync(dir).sort(), ['control', path.basename(deb), 'tree', 'work'], 'only the package is added');
  assert.doesNotMatch(await right('dpkg-deb', ['-c', deb]), /^d(?!rwxr-xr-x )/m, 'no folder\'s mode is the builder\'s');
  // What dpkg-gencontrol would say, whatever the blocks of the builder's disk.
  const sizes = (await right('find', [tree, '-mindepth', '1', '-type', 'f', '-printf', '%s\n', '-o',
    '-printf', '1\n'])).trim().split('\n').map((n) => Math.ceil(n / 1024));
  assert.equal(Number(await field('Installed-Size')), sizes.reduce((a, b) => a + b, 0));

  const w = world(t, control);
  const first = (await w.script('postinst', 'configure', '')).calls;
  for (const call of [/^adduser --system --group .*roomcast$/m, /^chgrp roomcast /m,
    /^deb-systemd-helper enable roomcast\.service$/m, /^systemctl --system daemon-reload$/m,
    /^deb-systemd-invoke start roomcast\.service$/m]) assert.match(first, call);

  // The next version over a relay that runs, with a feed and a viewer.
  const relay = await exchangeable(t);
  copyFileSync(relay.binary, path.join(w.bin, 'roomcast'));
  writeFileSync(path.join(w.dir, 'pid'), `${relay.pid}\n`);
  const source = await clip('small');
  const follower = watch(t, relay, 'main');
  const push = pushFfmpeg(t, relay, { room: 'main', clip: source });
  await untilPlaying(follower, 1);
  const was = fronts(relay)[0].pid;
  assert.doesNotMatch((await w.script('prerm', 'upgrade', '1:9.9')).calls, /stop/);
  const next = await w.script('postinst', 'configure', '1:9.8~test');
  assert.match(next.said, new RegExp(`^upgraded: process ${relay.pid}$`, 'm'));
  assert.doesNotMatch(next.calls, /adduser|invoke|restart|stop/);
  assert.ok(fronts(relay).some((p) => p.pid !== was), 'another front');
  await endedWell(push, source);
  await assertClean(follower, [source.sent]);

  // A program that cannot take over: the former one goes on, and the operator reads why.
  writeFileSync(path.join(w.bin, 'roomcast'), '#!/bin/sh\nexit 1\n');
  assert.match((await w.script('postinst', 'configure', '1:9.8~test')).said, /the former program goes on/);
  assert.equal(relay.child.status, null);

  writeFileSync(path.join(w.dir, 'pid'), '');
  assert.match((await w.script('prerm', 'remove')).calls, /^deb-systemd-invoke stop roomcast\.socket roomcast\.service$/m);
  await w.script('postrm', 'remove');
  assert.ok(existsSync(path.join(w.dir, 'state/journal')), 'a removal keeps the rooms\' numbers');
  await w.script('postrm', 'purge');
  assert.ok(!existsSync(path.join(w.dir, 'state')) && !existsSync(path.join(w.dir, 'user')));
});

test('the package, where somebody has been before', async (t) => {
  // dpkg does not bring back a configuration that was deleted: that is the administrator's decision.
  const w = world(t, path.join(ROOT, 'config/debian'));
  rmSync(path.join(w.dir, 'etc/roomcast.conf'));
  assert.match((await w.script('postinst', 'configure', '')).calls, /^deb-systemd-invoke start /m);
  assert.match((await w.script('postinst', 'configure', '0.9')).calls, /^systemctl --system daemon-reload$/m);
  // A manager that does not answer is not the package's failure.
  writeFileSync(path.join(w.bin, 'systemctl'), '#!/bin/sh\ncase $* in *is-active*) ;; *) exit 1 ;; esac\n');
  assert.match((await w.script('postinst', 'configure', '0.9')).said, /the former program goes on/);
});
