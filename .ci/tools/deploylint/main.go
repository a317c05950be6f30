// Command deploylint checks the files of deploy/ without a container engine: the
// compose file against the Compose specification, with its references resolved,
// and the Dockerfile with the parser and the rules of BuildKit. Besides, what
// both name must exist: copied files, and settings of the server.
//
//	deploylint DOCKERFILE COMPOSE CONTEXT
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: deploylint DOCKERFILE COMPOSE CONTEXT")
		os.Exit(2)
	}
	variables, dockerErr := dockerfile(os.Args[1], os.Args[3])
	more, composeErr := compose(context.Background(), os.Args[2])
	err := errors.Join(dockerErr, composeErr, known(append(variables, more...), os.Args[3]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// dockerfile checks one file and returns the environment variables it sets.
func dockerfile(name, root string) ([]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	tree, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var found []error
	rules := linter.New(&linter.Config{Warn: func(rule, description, url, message string, at []parser.Range) {
		line := 0
		if len(at) > 0 {
			line = at[0].Start.Line
		}
		found = append(found, fmt.Errorf("%s:%d: %s: %s", name, line, rule, message))
	}})
	stages, _, err := instructions.Parse(tree.AST, rules)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, w := range tree.Warnings {
		found = append(found, fmt.Errorf("%s: %s", name, w.Short))
	}
	var variables []string
	names := map[string]bool{}
	for _, stage := range stages {
		for _, c := range stage.Commands {
			switch c := c.(type) {
			case *instructions.CopyCommand:
				if c.From != "" {
					if !names[c.From] {
						found = append(found, fmt.Errorf("%s: COPY --from=%s: there is no such stage before", name, c.From))
					}
					continue
				}
				for _, source := range c.SourcePaths {
					if _, err := os.Stat(filepath.Join(root, source)); err != nil {
						found = append(found, fmt.Errorf("%s: COPY %s: %w", name, source, err))
					}
				}
			case *instructions.EnvCommand:
				for _, pair := range c.Env {
					variables = append(variables, pair.Key)
				}
			}
		}
		names[stage.Name] = true
	}
	return variables, errors.Join(found...)
}

// compose loads a project as docker compose does and returns the variables of
// services that are built here.
func compose(ctx context.Context, name string) ([]string, error) {
	options, err := cli.NewProjectOptions([]string{name}, cli.WithConsistency(true), cli.WithResolvedPaths(true))
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var found []error
	var variables []string
	taken := map[string]string{}
	for _, s := range project.Services {
		for _, p := range s.Ports {
			if other, double := taken[p.Published]; double {
				found = append(found, fmt.Errorf("%s: services %s and %s publish port %s", name, other, s.Name, p.Published))
			}
			taken[p.Published] = s.Name
		}
		if s.Build == nil {
			if !strings.Contains(s.Image, ":") {
				found = append(found, fmt.Errorf("%s: service %s: the image %s has no version", name, s.Name, s.Image))
			}
			continue
		}
		if _, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile)); err != nil {
			found = append(found, fmt.Errorf("%s: service %s: %w", name, s.Name, err))
		}
		for key := range s.Environment {
			variables = append(variables, key)
		}
	}
	return variables, errors.Join(found...)
}

// known compares FLUXO_* variables with the settings of the server: the keys are
// the koanf tags of its configuration.
func known(variables []string, root string) error {
	source, err := os.ReadFile(filepath.Join(root, "server", "config", "config.go"))
	if err != nil {
		return err
	}
	settings := strings.ToLower(string(source))
	var found []error
	for _, v := range variables {
		key, ours := strings.CutPrefix(v, "FLUXO_")
		if !ours {
			continue
		}
		// FLUXO_DATA_DIR is dataDir, FLUXO_OUTGOING_ALLOW is outgoing.allow.
		whole := strings.ToLower(strings.ReplaceAll(key, "_", ""))
		section, rest, _ := strings.Cut(strings.ToLower(key), "_")
		has := func(tag string) bool { return tag != "" && strings.Contains(settings, `koanf:"`+tag+`"`) }
		if !has(whole) && !(has(section) && has(strings.ReplaceAll(rest, "_", ""))) {
			found = append(found, fmt.Errorf("%s is no setting of the server", v))
		}
	}
	return errors.Join(found...)
}
