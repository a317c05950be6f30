// Command fluxo is the whole product in one program.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	designerui "github.com/fluxo-app/fluxo/designer-ui"
	"github.com/fluxo-app/fluxo/server/app"
	"github.com/fluxo-app/fluxo/server/config"
	"github.com/fluxo-app/fluxo/server/observe"
	"github.com/fluxo-app/fluxo/server/webui"
)

// version is set by the linker.
var version = "dev"

// common are the settings that every command takes; all others come from the
// file and the environment.
type common struct {
	Config   string `help:"Configuration file." type:"path" placeholder:"FILE"`
	Database string `help:"sqlite:PATH or mongodb://..." placeholder:"URL"`
	DataDir  string `help:"Folder of the embedded database and the secret key." placeholder:"DIR"`
}

func (c common) load(more map[string]any) (config.Config, error) {
	flags := map[string]any{}
	for key, value := range map[string]string{"database": c.Database, "dataDir": c.DataDir} {
		if value != "" {
			flags[key] = value
		}
	}
	for key, value := range more {
		flags[key] = value
	}
	return config.LoadProcess(c.Config, flags)
}

type serve struct {
	common
	Demo   bool   `help:"Seed an empty database with a demo company; serves this machine only."`
	Listen string `help:"Address to listen on." placeholder:"HOST:PORT"`
}

// Run serves until the process is told to stop.
func (s serve) Run(ctx context.Context) error {
	more := map[string]any{}
	if s.Demo {
		more["demo"] = true
	}
	if s.Listen != "" {
		more["listen"] = s.Listen
	}
	c, err := s.load(more)
	if err != nil {
		return err
	}
	log := observe.NewLogger(os.Stderr, observe.LogOptions{Level: c.Log.Level, Format: c.Log.Format})
	slog.SetDefault(log) // failed requests are told in the same form as all else
	dist, err := fs.Sub(designerui.Dist, "dist")
	if err != nil {
		return err
	}
	release, err := app.Lock(c)
	if err != nil {
		return err
	}
	defer func() { _ = release() }() // the end of the process gives it back too
	var l net.Listener
	if c.AnyPort() {
		// The links that the server hands out need the port that it was given.
		if l, err = net.Listen("tcp", c.Listen); err != nil {
			return err
		}
		defer func() { _ = l.Close() }() // serving closes it as well
		c.ListensAt(l.Addr().String())
	}
	a, err := app.New(ctx, c, app.Options{Log: log, UI: webui.New(dist), Version: version})
	if err != nil {
		return err
	}
	if c.Demo {
		if err := a.SeedDemo(ctx); err != nil {
			return errors.Join(err, a.Close())
		}
	}
	if l == nil {
		if l, err = net.Listen("tcp", c.Listen); err != nil {
			return errors.Join(err, a.Close())
		}
	}
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return errors.Join(err, a.Close())
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	fmt.Printf("Fluxo is at http://%s\n", net.JoinHostPort(host, port))
	if code, err := a.SetupCode(ctx); err != nil {
		return errors.Join(err, l.Close(), a.Close())
	} else if code != "" {
		fmt.Printf("Nobody has an account yet. Make the first administrator at http://%s/sign-in#setup=%s (setup code %s),\nor with `fluxo user`. With --demo there is a company to play with.\n",
			net.JoinHostPort(host, port), code, code)
	}
	go trimLater(ctx, log)
	return a.Serve(ctx, l)
}

func main() {
	var cli struct {
		Serve  serve  `cmd:"" default:"withargs" help:"Run the server (the default)."`
		Backup backup `cmd:"" help:"Copy the embedded database to a file, also while the server runs."`
		BPMN   struct {
			Import bpmnImport `cmd:"" help:"Turn a BPMN file into process definitions."`
			Export bpmnExport `cmd:"" help:"Write a process definition as BPMN."`
			Lint   bpmnLint   `cmd:"" help:"Tell what importing a BPMN file refuses and changes, and what publishing would find."`
		} `cmd:"" name:"bpmn" help:"BPMN 2.0 XML in and out."`
		Config struct {
			Check check `cmd:"" help:"Print the configuration in effect and where it comes from."`
		} `cmd:"" help:"Look at the configuration."`
		Rehearse rehearse         `cmd:"" help:"Play scenarios of a process definition under a clock of their own; nothing leaves this program."`
		User     user             `cmd:"" help:"Add an account or set a password."`
		Version  kong.VersionFlag `help:"Print the version."`
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parser := kong.Must(&cli, kong.Name("fluxo"), kong.Description("Processes from drawing to done."), kong.Vars{"version": version},
		kong.BindTo(ctx, (*context.Context)(nil)))
	k, err := parser.Parse(asked(os.Args[1:]))
	parser.FatalIfErrorf(err)
	k.FatalIfErrorf(k.Run())
}

// asked turns "fluxo help backup" into "fluxo backup --help".
func asked(args []string) []string {
	if len(args) > 0 && args[0] == "help" {
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}
