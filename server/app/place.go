package app

import (
	"context"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/definition/portable"
)

// places lists what process definitions may name: people, groups, roles, pipelines and
// their stages, document templates, secrets. Package definition adds other processes.
func (a *App) places(ctx context.Context) ([]definition.Place, error) {
	people, err := a.Identity.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var out []definition.Place
	for _, u := range people.Users() {
		out = append(out, definition.Place{Kind: portable.User, ID: u.ID, Symbol: u.Login, Name: u.Name})
	}
	for _, g := range people.Groups() {
		out = append(out, definition.Place{Kind: portable.Group, ID: g.ID, Name: g.Name})
	}
	for _, id := range access.Roles() {
		out = append(out, definition.Place{Kind: portable.Role, ID: id, Symbol: id, Name: id})
	}
	for _, r := range people.Roles() {
		if !r.BuiltIn() {
			out = append(out, definition.Place{Kind: portable.Role, ID: r.ID, Name: r.Name})
		}
	}
	pipelines, err := a.CRM.Pipelines(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, p := range pipelines {
		out = append(out, definition.Place{Kind: portable.Pipeline, ID: p.ID, Symbol: p.Key, Name: p.Name})
		for _, s := range p.Stages {
			out = append(out, definition.Place{Kind: portable.Stage, ID: s.ID, Name: s.Name})
		}
	}
	templates, err := a.Templates.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range templates {
		out = append(out, definition.Place{Kind: portable.Template, ID: t.Key, Symbol: t.Key, Name: t.Name})
	}
	secrets, err := a.Vault.Secrets(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range secrets {
		out = append(out, definition.Place{Kind: portable.Secret, ID: one.ID, Symbol: one.ID, Name: one.Name})
	}
	return out, nil
}
