// verify-log reads an exported log with code that Fairlead's authors did not write: golang.org/x/mod/sumdb/note checks
// signatures, golang.org/x/mod/sumdb/tlog checks hashes and proofs. What is left for this program is to find the files.
//
//	go run . DIR
//
// It exits with 1, and says why, unless every entry is included in the checkpoint's tree and every earlier checkpoint under
// checkpoints/ is of a beginning of it.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height    = 8
	maxNote   = 64 << 10
	maxTile   = tlog.HashSize << height
	maxBundle = (2 + 65535) << height
	// What every other reader of the log can hold exactly, too.
	maxSize = 1<<53 - 1
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: verify-log DIR")
		os.Exit(2)
	}
	if err := verify(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func verify(dir string) error {
	key, err := readFile(filepath.Join(dir, "verifier.key"), maxNote)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		return fmt.Errorf("verifier.key: %w", err)
	}
	newest, err := readCheckpoint(filepath.Join(dir, "checkpoint"), verifier)
	if err != nil {
		return err
	}
	tree := &keptHashes{from: tlog.TileHashReader(newest, &tileFiles{dir: dir}), kept: map[int64]tlog.Hash{}}
	if err := verifyConsistency(newest, newest, tree); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	entries, err := verifyEntries(dir, newest, tree)
	if err != nil {
		return err
	}
	checkpoints, err := verifyCheckpoints(dir, newest, tree, verifier)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d entries included, %d checkpoints consistent\n", verifier.Name(), entries, checkpoints)
	return nil
}

// readCheckpoint opens a signed note and reads origin, size and root from it.
func readCheckpoint(path string, verifier note.Verifier) (tlog.Tree, error) {
	bytes, err := readFile(path, maxNote)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(bytes, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("%s: %w", path, err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("%s: not a checkpoint of %s", path, verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || size > maxSize || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("%s: %q is not the size of a log", path, lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("%s: the root is not a hash", path)
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

// verifyEntries proves the inclusion of each entry.
func verifyEntries(dir string, tree tlog.Tree, hashes *keptHashes) (int64, error) {
	for first := int64(0); first < tree.N; first += 1 << height {
		width := min(tree.N-first, 1<<height)
		if err := hashes.keep(first, width); err != nil {
			return 0, fmt.Errorf("entries %d to %d: %w", first, first+width-1, err)
		}
		path := filepath.Join(dir, entriesPath(first>>height, width))
		bundle, err := readFile(path, maxBundle)
		if err != nil {
			return 0, err
		}
		for index := first; index < first+width; index++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return 0, fmt.Errorf("%s ends before entry %d", path, index)
			}
			length := int(binary.BigEndian.Uint16(bundle))
			leaf := tlog.RecordHash(bundle[2 : 2+length])
			bundle = bundle[2+length:]
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			if err != nil {
				return 0, fmt.Errorf("entry %d: %w", index, err)
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
				return 0, fmt.Errorf("entry %d: %w", index, err)
			}
		}
		if len(bundle) > 0 {
			return 0, fmt.Errorf("%s has %d bytes after its last entry", path, len(bundle))
		}
	}
	return tree.N, nil
}

// verifyCheckpoints proves each checkpoint consistent with the newest one.
func verifyCheckpoints(dir string, newest tlog.Tree, hashes tlog.HashReader, verifier note.Verifier) (int, error) {
	files, err := os.ReadDir(filepath.Join(dir, "checkpoints"))
	if err != nil && !os.IsNotExist(err) {
		return 0, err
	}
	for _, file := range files {
		path := filepath.Join(dir, "checkpoints", file.Name())
		earlier, err := readCheckpoint(path, verifier)
		if err != nil {
			return 0, err
		}
		if strconv.FormatInt(earlier.N, 10) != file.Name() {
			return 0, fmt.Errorf("%s is of size %d", path, earlier.N)
		}
		if earlier.N > newest.N {
			return 0, fmt.Errorf("%s: the log has only %d entries", path, newest.N)
		}
		if err := verifyConsistency(earlier, newest, hashes); err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
	}
	return len(files), nil
}

func verifyConsistency(earlier, newest tlog.Tree, hashes tlog.HashReader) error {
	// Nothing is proven about the tree without entries; it has but one root.
	if earlier.N == 0 {
		if earlier.Hash != sha256.Sum256(nil) {
			return errors.New("not the root of a log without entries")
		}
		return nil
	}
	proof, err := tlog.ProveTree(newest.N, earlier.N, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, newest.N, newest.Hash, earlier.N, earlier.Hash)
}

// keptHashes remembers the hashes that the proofs of one bundle have in common: tlog checks the tiles that it takes a hash
// from against the root, all of them, each time it is asked.
type keptHashes struct {
	from tlog.HashReader
	kept map[int64]tlog.Hash
}

// keep forgets all others, and asks once for the hashes over the entries of a bundle.
func (k *keptHashes) keep(first, width int64) error {
	k.kept = make(map[int64]tlog.Hash, 2<<height)
	var indexes []int64
	for level := 0; level <= height; level++ {
		for n := first >> level; n < (first+width)>>level; n++ {
			indexes = append(indexes, tlog.StoredHashIndex(level, n))
		}
	}
	_, err := k.ReadHashes(indexes)
	return err
}

func (k *keptHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var missing []int64
	for _, index := range indexes {
		if _, ok := k.kept[index]; !ok {
			missing = append(missing, index)
		}
	}
	if len(missing) > 0 {
		hashes, err := k.from.ReadHashes(missing)
		if err != nil {
			return nil, err
		}
		for i, index := range missing {
			k.kept[index] = hashes[i]
		}
	}
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = k.kept[index]
	}
	return found, nil
}

// tileFiles reads tiles of the layout of C2SP tlog-tiles, whose paths are those of tlog but for the height.
type tileFiles struct {
	dir string
}

func (t *tileFiles) Height() int { return height }

func (t *tileFiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
		bytes, err := readFile(filepath.Join(t.dir, path), maxTile)
		if err != nil {
			return nil, err
		}
		data[i] = bytes
	}
	return data, nil
}

func (t *tileFiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

// readFile reads no pipe, which nobody may ever write to, and nothing larger than what is right.
func readFile(path string, atMost int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > atMost {
		return nil, fmt.Errorf("%s is no file of at most %d bytes", path, atMost)
	}
	return os.ReadFile(path)
}

func entriesPath(n, width int64) string {
	tile := tlog.Tile{H: height, L: -1, N: n, W: int(width)}
	return "tile/entries/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/data/", height))
}
