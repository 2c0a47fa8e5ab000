/**
 * Entering a container of bubblewrap, which has no `exec` of its own.
 *
 * nsenter(1) can enter its namespaces. But to enter a mount namespace a process needs rights, once inside it finds no
 * program of the host that could take them away again, and so the command would have them all: root's without a user
 * namespace. One process has to enter, become who it should be, and start the command. perl is on every Debian, since
 * packages need it to be installed, and can make system calls.
 */
import { CAPABILITIES } from '../spec/capabilities.ts'
import { SCRIPT_NOTE } from './script-parts.ts'
import type { BundleFile, RuntimeConfig } from './types.ts'

/** The program: `perl bwrap.enter PID START bwrap.inside COMMAND [ARGUMENT…]`. */
export const ENTER = 'bwrap.enter'

/** What a process in the container is like, each item ended by a NUL: so no variable's value shows in a process list. */
export const INSIDE = 'bwrap.inside'

/** The two files that `exec` needs for bubblewrap. */
export function enterFiles(config: RuntimeConfig): BundleFile[] {
  const { user, cwd, env, capabilities, terminal } = config.process
  const kept = capabilities.bounding.map(name => CAPABILITIES.indexOf(name)).sort((a, b) => a - b)
  const groups = config.linux.uidMappings === undefined ? (user.additionalGids ?? []) : []
  const items = [cwd, user.uid, user.gid, groups.join(' '), kept.join(' '), terminal ? 1 : 0, ...env]
  return [
    { path: ENTER, mode: 0o644, content: PROGRAM },
    // Root's users other than root have no way into a bundle of root's; it is read before the container is entered.
    { path: INSIDE, mode: 0o644, content: items.map(item => `${item}\0`).join('') },
  ]
}

const PROGRAM = String.raw`# Enters a container of bubblewrap and runs a command in it. ${SCRIPT_NOTE}
use strict;
use warnings;
use Config;
use POSIX ();

my ($pid, $start, $inside, @command) = @ARGV;

sub fail { print STDERR "exec: $_[1]\n"; exit $_[0] }

# What the caller has left open is not the container's.
opendir my $descriptors, '/proc/self/fd' or fail(69, "cannot read /proc/self/fd: $!");
my @open = grep { /^\d+$/ && $_ > 2 && $_ != fileno $descriptors } readdir $descriptors;
closedir $descriptors;
POSIX::close($_) for @open;

# Numbers of the system calls, by the processor that this perl was built for.
my ($setns, $prctl, $capset, $setgroups) = do {
  my %numbers = (
    x86_64 => [308, 157, 126, 116], i386 => [346, 172, 185, 206], i486 => [346, 172, 185, 206],
    i586 => [346, 172, 185, 206], i686 => [346, 172, 185, 206], aarch64 => [268, 167, 91, 159],
    riscv64 => [268, 167, 91, 159], loongarch64 => [268, 167, 91, 159], arm => [375, 172, 185, 206],
    powerpc64le => [350, 171, 184, 81], s390x => [339, 172, 185, 206],
  );
  my ($machine) = split /-/, $Config{archname};
  @{ $numbers{$machine} or fail(69, "does not know the system calls of $machine") };
};

# Whatever could hold other code is loaded; from here on nothing is read from a file but this.
open my $file, '<:raw', $inside or fail(74, "cannot read $inside: $!");
my ($cwd, $uid, $gid, $groups, $kept, $terminal, @environment) = split /\0/, do { local $/; <$file> }, -1;
close $file;
pop @environment;

# --- The namespaces, before anything is entered ---------------------------------------------------------------

sub started {
  open my $stat, '<', "/proc/$pid/stat" or return 0;
  my ($rest) = <$stat> =~ /^.*\) (.*)/s or return 0;
  return (split / /, $rest)[19];
}

sub identity { join ':', (stat $_[0])[0, 1] }

my %namespaces;
for my $kind (qw(cgroup ipc uts net pid mnt user)) {
  my $path = "/proc/$pid/ns/$kind";
  open my $namespace, '<', $path or fail(77, "cannot enter the container: $path: $!");
  $namespaces{$kind} = $namespace if identity($namespace) ne identity("/proc/self/ns/$kind");
}
# The process that has this id now had it when those were opened.
started() == $start or fail(69, 'the container has ended');

# The user namespace that owns the others: the process itself may live in one below it (NS_GET_USERNS).
my $owner;
if (exists $namespaces{mnt}) {
  my $descriptor = ioctl $namespaces{mnt}, 0xb701, 0;
  defined $descriptor or fail(77, "cannot enter the container: $!");
  open $owner, '<&=', int $descriptor or fail(77, "cannot enter the container: $!");
  undef $owner if identity($owner) eq identity('/proc/self/ns/user');
}

# --- In -------------------------------------------------------------------------------------------------------

sub enter {
  syscall($setns, fileno $_[0], 0) == 0 or fail(77, "cannot enter the container: $!");
}

# Root's own groups would be root's inside.
if ($> == 0) {
  my @groups = split / /, $groups;
  my $list = pack 'L*', @groups;
  syscall($setgroups, scalar @groups, $list) == 0 or fail(77, "cannot set groups: $!");
}
enter($owner) if $owner;
enter($namespaces{$_}) for grep { exists $namespaces{$_} } qw(cgroup ipc uts net pid mnt);
enter($namespaces{user}) if $namespaces{user} && !($owner && identity($namespaces{user}) eq identity($owner));

# Only a child is in the process namespace.
my $child = fork // fail(71, "cannot start a process: $!");
if ($child) {
  for my $signal (qw(HUP INT QUIT TERM USR1 USR2)) {
    $SIG{$signal} = sub { kill $signal, $child };
  }
  1 while waitpid($child, 0) != $child && $!{EINTR};
  exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
}

# --- Who the command is ---------------------------------------------------------------------------------------

sub control { syscall($prctl, $_[0], $_[1], $_[2] // 0, 0, 0) }

# What it is told by signals comes from the parent: it can push no input back to the caller's terminal.
POSIX::setsid() unless $terminal;
chdir $cwd or fail(77, "cannot start in $cwd: $!");

my @kept = split / /, $kept;
my %is_kept = map { $_ => 1 } @kept;
for my $capability (0 .. 63) {
  next if $is_kept{$capability};
  last if control(24, $capability) != 0 && $!{EINVAL}; # PR_CAPBSET_DROP
}
control(8, 1); # PR_SET_KEEPCAPS
POSIX::setgid($gid) or fail(77, "cannot become gid $gid: $!");
POSIX::setuid($uid) or fail(77, "cannot become uid $uid: $!");
my ($low, $high) = (0, 0);
for (@kept) { $_ < 32 ? ($low |= 1 << $_) : ($high |= 1 << ($_ - 32)) }
my $header = pack 'LL', 0x20080522, 0;
my $sets = pack 'L6', ($low) x 3, ($high) x 3;
syscall($capset, $header, $sets) == 0 or fail(77, "cannot set capabilities: $!");
control(47, 2, $_) for @kept; # PR_CAP_AMBIENT_RAISE
control(38, 1) == 0 or fail(77, "cannot set no_new_privs: $!");

%ENV = map { split /=/, $_, 2 } @environment;
{ no warnings 'exec'; exec { $command[0] } @command }
print STDERR "exec: $command[0]: $!\n";
POSIX::_exit($!{ENOENT} ? 127 : 126);
`
