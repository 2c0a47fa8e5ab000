/** Where the union is not what umoci 0.4.7 makes of the same layers, and why: for the tests and for the documentation. */

/** One case: layers in the tree grammar, lowest first, and what each of the two makes of them. */
export interface Difference {
  readonly name: string
  readonly why: string
  readonly layers: readonly string[]
  readonly ours: string
  /** Undefined where umoci refuses. */
  readonly umoci: string | undefined
}

const ORDER =
  'whiteouts count first "regardless of the ordering in which the whiteout file was encountered" (layer.md)'
const LOWER = 'whiteouts "MUST only apply to resources in lower/parent layers" (layer.md)'
const DIRECTORY =
  'a directory entry stands for its path wherever it is in the archive; umoci goes by what it has made so far'
const TWICE =
  'layers "MUST NOT include duplicate entries for file paths" (layer.md); umoci keeps the later one'

/** Every case that is known. */
export const DIFFERENCES: readonly Difference[] = [
  {
    name: 'a whiteout after a file in an implied directory of its name',
    why: ORDER,
    layers: ['d /a 700 @1:2\n f /a/f', 'f /a/g\n f /.wh.a'],
    ours: 'd /a 755\n f /a/g 644',
    umoci: 'd /a 700 @1:2\n f /a/g 644',
  },
  {
    name: 'an opaque marker after a file in an implied directory',
    why: ORDER,
    layers: ['d /a 755\n d /a/b 700\n f /a/f', 'f /a/b/g\n f /a/.wh..wh..opq'],
    ours: 'd /a 755\n d /a/b 755\n f /a/b/g 644',
    umoci: 'd /a 755\n d /a/b 700\n f /a/b/g 644',
  },
  {
    name: 'a whiteout of a symlink, after a file that goes through it',
    why: ORDER,
    layers: ['d /a 755\n l /l a', 'f /l/f\n f /.wh.l'],
    ours: 'd /a 755\n d /l 755\n f /l/f 644',
    umoci: 'd /a 755\n f /a/f 644',
  },
  {
    name: 'a whiteout through a symlink of its own layer',
    why: LOWER,
    layers: ['d /a 755\n f /a/f', 'l /l a\n f /l/.wh.f'],
    ours: 'd /a 755\n f /a/f 644\n l /l a',
    umoci: 'd /a 755\n l /l a',
  },
  {
    name: 'a file before its directory, where a lower layer has a symlink',
    why: DIRECTORY,
    layers: ['d /a 755\n l /l a', 'f /l/f\n d /l 700'],
    ours: 'd /a 755\n d /l 700\n f /l/f 644',
    umoci: 'd /a 755\n f /a/f 644\n d /l 700',
  },
  {
    name: 'a file before its directory, where a lower layer has a file',
    why: DIRECTORY,
    layers: ['f /a', 'f /a/f\n d /a 700'],
    ours: 'd /a 700\n f /a/f 644',
    umoci: undefined,
  },
  {
    name: 'a hard link before its target',
    why: 'which file it means does not depend on the order',
    layers: ['f /a 644 old', 'h /b a\n f /a 644 new'],
    ours: 'f /a 644 new\n h /b /a',
    umoci: 'f /a 644 new\n f /b 644 old',
  },
  {
    name: 'a hard link before its target, which no lower layer has',
    why: 'which file it means does not depend on the order',
    layers: ['h /b a\n f /a'],
    ours: 'f /a 644\n h /b /a',
    umoci: undefined,
  },
  {
    name: 'a hard link to a file that the same layer removes',
    why: 'it is one more name for that file; umoci refuses unless the link comes first',
    layers: ['f /a 644 x', 'f /.wh.a\n h /b a'],
    ours: 'f /b 644 x',
    umoci: undefined,
  },
  {
    name: 'a path named twice, once by a symlink of a lower layer',
    why: TWICE,
    layers: ['d /a 755\n l /l a', 'f /a/f 644 1\n f /l/f 644 2'],
    ours: 'd /a 755\n f /a/f 644 1\n l /l a',
    umoci: 'd /a 755\n f /a/f 644 2\n l /l a',
  },
  {
    name: 'a directory named as a whiteout',
    why: '"a whiteout file is an empty file" (layer.md); umoci goes by the name alone',
    layers: ['d /a 755\n f /a/f', 'd /a/.wh.f 755'],
    ours: 'd /a 755\n d /a/.wh.f 755\n f /a/f 644',
    umoci: 'd /a 755',
  },
  {
    name: 'an implied directory in a setgid directory',
    why: 'the specification says nothing; Linux hands the group down where umoci calls mkdir(2)',
    layers: ['d /a 2775 @0:100', 'f /a/b/c'],
    ours: 'd /a 2775 @0:100\n d /a/b 755\n f /a/b/c 644',
    umoci: 'd /a 2775 @0:100\n d /a/b 2755 @0:100\n f /a/b/c 644',
  },
  {
    name: "a directory of AUFS's own",
    why: 'as before; umoci makes it for what is in it, and forgets what it is like',
    layers: ['d /.wh..wh.plnk 700\n f /.wh..wh.plnk/1'],
    ours: 'd /.wh..wh.plnk 700\n f /.wh..wh.plnk/1 644',
    umoci: 'd /.wh..wh.plnk 755\n f /.wh..wh.plnk/1 644',
  },
  {
    name: 'a path with ".."',
    why: 'what leads out of its directory is refused, not guessed at',
    layers: ['f /a/../b'],
    ours: 'TAR_INVALID: the path "/a/../b" leads out of its directory by ".."',
    umoci: 'f /b 644',
  },
  {
    name: 'a whiteout of nothing in the root',
    why: 'it has no meaning (layer.md: the prefix is followed by a name)',
    layers: ['f /a', 'f /.wh.'],
    ours: 'TAR_INVALID: the path "/.wh." is a whiteout of nothing',
    umoci: undefined,
  },
]
