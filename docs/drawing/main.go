// Command drawing writes the pictures of docs/semantics.md: one SVG for each
// definition of schemas/examples/semantics, drawn where its layout says.
//
//	go generate ./docs/drawing
//
// A test compares the pictures with the definitions, so that none goes stale.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

//go:generate go run .

// Where definitions are read and pictures are written, seen from this folder.
const (
	examples = "../../schemas/examples/semantics"
	pictures = "../images/semantics"
)

func main() {
	if err := generate(examples, pictures); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// generate draws every definition of a folder into another.
func generate(from, to string) error {
	names, err := filepath.Glob(filepath.Join(from, "*.json"))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("%s holds no definition", from)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		picture, err := drawFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, pictureOf(name)), picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pictureOf names the picture of a definition's file.
func pictureOf(name string) string {
	return strings.TrimSuffix(filepath.Base(name), ".json") + ".svg"
}

func drawFile(name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	def, err := graph.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	picture, err := draw(def)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return picture, nil
}
