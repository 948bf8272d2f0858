// verify-log reads an exported log with code that Fairlead's authors did not write: golang.org/x/mod/sumdb/note checks
// signatures, golang.org/x/mod/sumdb/tlog checks hashes and proofs. What is left for this program is to find the files.
//
//	go run . DIR
//
// It exits with 1, and says why, unless every entry is included in the checkpoint's tree and every earlier checkpoint under
// checkpoints/ is of a beginning of it.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

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
	key, err := os.ReadFile(filepath.Join(dir, "verifier.key"))
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
	tree := tlog.TileHashReader(newest, &tileFiles{dir: dir})
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
	bytes, err := os.ReadFile(path)
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
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("%s: %w", path, err)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("%s: the root is not a hash", path)
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

// verifyEntries proves the inclusion of each entry. The hashes that a proof takes come from tiles that tlog has checked
// against the root.
func verifyEntries(dir string, tree tlog.Tree, hashes tlog.HashReader) (int64, error) {
	for first := int64(0); first < tree.N; first += 1 << height {
		width := min(tree.N-first, 1<<height)
		path := filepath.Join(dir, entriesPath(first>>height, width))
		bundle, err := os.ReadFile(path)
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

// verifyCheckpoints proves each checkpoint consistent with the next larger one, and the last with the newest.
func verifyCheckpoints(dir string, newest tlog.Tree, hashes tlog.HashReader, verifier note.Verifier) (int, error) {
	files, err := os.ReadDir(filepath.Join(dir, "checkpoints"))
	if err != nil && !os.IsNotExist(err) {
		return 0, err
	}
	var trees []tlog.Tree
	for _, file := range files {
		tree, err := readCheckpoint(filepath.Join(dir, "checkpoints", file.Name()), verifier)
		if err != nil {
			return 0, err
		}
		if strconv.FormatInt(tree.N, 10) != file.Name() {
			return 0, fmt.Errorf("checkpoints/%s is of size %d", file.Name(), tree.N)
		}
		trees = append(trees, tree)
	}
	sort.Slice(trees, func(i, j int) bool { return trees[i].N < trees[j].N })
	for i, tree := range trees {
		next := newest
		if i+1 < len(trees) {
			next = trees[i+1]
		}
		if tree.N == 0 {
			continue
		}
		if tree.N > next.N {
			return 0, fmt.Errorf("checkpoint of size %d: the log has only %d entries", tree.N, next.N)
		}
		proof, err := tlog.ProveTree(next.N, tree.N, hashes)
		if err != nil {
			return 0, fmt.Errorf("checkpoint of size %d: %w", tree.N, err)
		}
		if err := tlog.CheckTree(proof, next.N, next.Hash, tree.N, tree.Hash); err != nil {
			return 0, fmt.Errorf("checkpoint of size %d: %w", tree.N, err)
		}
	}
	return len(trees), nil
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
		bytes, err := os.ReadFile(filepath.Join(t.dir, path))
		if err != nil {
			return nil, err
		}
		data[i] = bytes
	}
	return data, nil
}

func (t *tileFiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func entriesPath(n, width int64) string {
	tile := tlog.Tile{H: height, L: -1, N: n, W: int(width)}
	return "tile/entries/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/data/", height))
}
