package app

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/expr"
	enginerobot "github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/automation/status"
	"github.com/fluxo-app/fluxo/server/resolve"
	"github.com/fluxo-app/fluxo/server/run"
)

// statuses makes what keeps status-driven processes.
func (a *App) statuses(ctx context.Context, runs *run.Service, starts *automation.Service, directory resolve.Directory, facts *resolve.Service, compiler *expr.Compiler, catalog *enginerobot.Catalog) (*status.Service, error) {
	return status.New(ctx, status.Options{Store: a.Stores.Documents, Records: a.CRM, Definitions: a.Definitions, Runs: runs, Engine: a.Stores.Engine, Host: a.Host,
		Starts: starts, Directory: directory, Facts: facts, Compiler: compiler, Clock: a.Clock, Robot: exits(catalog), Title: titleOf,
		Person: func(id string) bool { _, active := people{a.Identity}.Person(id); return active }})
}
