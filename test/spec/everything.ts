/** A bundle that uses every key, for tests that none is forgotten on the way. */
import type { Files } from './check-spec.ts'

export const FILES: Files = {
  './a.env': 'FROM_FILE=1\n',
  './seccomp.json': '{"defaultAction": "SCMP_ACT_ALLOW"}',
  './template.json': '{"domainname": "d"}',
}

/** Keys of a bundle, as they are written, but for `image`. */
export const EVERYTHING = `checkout: union-add
rootfs: copy
args: [x]
env: { A: b }
envFile: [./a.env]
cwd: /x
user: root
groups: [adm, 5]
umask: "0027"
terminal: false
capabilities: { add: [CHOWN], drop: [KILL] }
noNewPrivileges: false
rlimits: { core: unlimited, nofile: { soft: 1, hard: 2 } }
oomScoreAdj: 5
apparmor: p
selinux: { process: a, mount: b }
hostname: h
namespaces: { cgroup: , ipc: , mount: , network: { path: /n }, pid: , user: , uts: }
uidMappings: auto
gidMappings: [{ containerID: 0, hostID: 1, size: 2 }]
sysctl: { kernel.sem: "1" }
seccomp: ./seccomp.json
maskedPaths: [/m]
readonlyPaths: [/r]
rootfsPropagation: slave
mounts:
  - { type: volume, source: v, target: /1, options: [noexec], propagation: rslave }
  - { type: bind, source: ./s, target: /2, readonly: true, create: true, options: [dev], propagation: shared }
  - { type: tmpfs, target: /3, size: 1M, mode: "0700", options: [nr_inodes=5] }
  - { type: proc, options: [hidepid=2] }
  - { type: sysfs }
  - { type: mqueue }
  - { type: devpts }
  - { type: cgroup, readonly: false }
resources:
  memory: { limit: 64M, reservation: 32M, swap: unlimited }
  cpu: { shares: 5, quota: 1000, period: 1000, cpus: "0", mems: "0" }
  pids: 9
  io: { weight: 10, readBps: { "8:0": 1 }, writeBps: { "8:0": 1 }, readIops: { "8:0": 1 }, writeIops: { "8:0": 1 } }
  devices: [{ allow: false, type: a, major: 1, minor: 2, access: r }]
devices: [{ path: /dev/x, type: c, major: 1, minor: 2, mode: "0600", uid: 3, gid: 4 }]
cgroupsPath: /c
annotations: { a: b }
hooks:
  prestart: [{ path: /h }]
  createRuntime: [{ path: /h, args: [h], env: { A: b }, timeout: 5 }]
  createContainer: []
  startContainer: []
  poststart: []
  poststop: []
configTemplate: ./template.json
configPatch: { domainname: e }
runtimes: [runc]
portable: false
system: true
scope: system
set: { A_VARIABLE: b }
service:
  description: d
  before: [docker.service]
  after: [network.target]
  wants: [network-online.target]
  requires: [dbus.socket]
  wantedBy: [multi-user.target]
  type: notify
  restart: always
  restartSec: 5
  timeoutStart: 2min
  timeoutStop: infinity
  enable: false
tmpfiles: [d /var/lib/x 0700 - - -]
hostFiles: false`
