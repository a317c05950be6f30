package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/vault"
)

// secretView is a secret with where it is sent from; its value never leaves.
type secretView struct {
	vault.Secret
	ValueByName   string                 `json:"valueByName"`
	ChangedByName string                 `json:"changedByName"`
	Uses          []definition.SecretUse `json:"uses,omitempty" doc:"told to those who manage secrets"`
}

// secretRoutes keep what robots send to other systems and nobody shall read.
func (a *API) secretRoutes() {
	const tag, manage = "settings", string(access.SettingsManage)
	route(a, spec{method: http.MethodGet, path: "/secrets", id: "listSecrets", summary: "Named secrets by name, without their values", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*list[secretView], error) {
			all, err := a.Vault.Secrets(ctx)
			if err != nil {
				return nil, err
			}
			views, err := a.secretViews(ctx, all...)
			return page(views, ""), err
		})
	route(a, spec{method: http.MethodPost, path: "/secrets", id: "createSecret", summary: "Keep a secret under a name", tag: tag, need: manage, status: 201, fresh: true},
		func(ctx context.Context, in *struct {
			Body struct {
				Name  string   `json:"name" maxLength:"100"`
				Hosts []string `json:"hosts" maxItems:"20" doc:"to which it may be sent: api.example.com, *.example.com, or * for all"`
				Value string   `json:"value" maxLength:"8000" doc:"what is sent in its place: the whole value of a header, or a part of an address, a body or a header"`
			}
		}) (*tagged[secretView], error) {
			s, err := a.Vault.Create(ctx, callerOf(ctx).ID, in.Body.Name, in.Body.Hosts, in.Body.Value)
			return a.secretReply(ctx, s, err)
		})
	route(a, spec{method: http.MethodPatch, path: "/secrets/{id}", id: "changeSecret", summary: "Rename a secret, give it another value or other hosts", tag: tag, need: manage},
		func(ctx context.Context, in *struct {
			ByID
			Matching
			Body vault.Change
		}) (*tagged[secretView], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			s, err := a.Vault.Change(ctx, callerOf(ctx).ID, in.ID, rev, in.Body)
			return a.secretReply(ctx, s, err)
		})
	route(a, spec{method: http.MethodDelete, path: "/secrets/{id}", id: "deleteSecret", summary: "Delete a secret that nothing sends", tag: tag, need: manage, status: 204},
		func(ctx context.Context, in *removal) (*none, error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			if _, err := a.Vault.Secret(ctx, in.ID); err != nil {
				return nil, err
			}
			uses, err := a.secretUses(ctx)
			if err != nil {
				return nil, err
			}
			if used := uses[in.ID]; len(used) > 0 {
				return nil, problem.New("in_use", "by", used[0].Name).With("uses", used)
			}
			return nil, a.Vault.Delete(ctx, callerOf(ctx).ID, in.ID, rev)
		})
}

// secretUses finds by secret where it is sent from.
func (a *API) secretUses(ctx context.Context) (map[string][]definition.SecretUse, error) {
	uses := map[string][]definition.SecretUse{}
	if err := a.Boards.SecretUses(ctx, uses); err != nil {
		return nil, err
	}
	if err := a.Statuses.SecretUses(ctx, uses); err != nil {
		return nil, err
	}
	drawn, err := a.Definitions.SecretUses(ctx)
	if err != nil {
		return nil, err
	}
	for id, more := range drawn {
		for _, one := range more {
			if !listed(uses[id], one) {
				uses[id] = append(uses[id], one)
			}
		}
	}
	return uses, nil
}

// listed tells whether a use is there already: a board and what it is compiled to are one.
func listed(uses []definition.SecretUse, one definition.SecretUse) bool {
	for _, u := range uses {
		if u.Kind == one.Kind && u.Key == one.Key {
			return true
		}
	}
	return false
}

func (a *API) secretReply(ctx context.Context, s vault.Secret, err error) (*tagged[secretView], error) {
	if err != nil {
		return nil, err
	}
	views, err := a.secretViews(ctx, s)
	if err != nil {
		return nil, err
	}
	return withTag(s.Rev, views[0]), nil
}

func (a *API) secretViews(ctx context.Context, all ...vault.Secret) ([]secretView, error) {
	var ids []string
	for _, s := range all {
		ids = append(ids, s.ValueBy, s.ChangedBy)
	}
	names, err := a.People.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	var uses map[string][]definition.SecretUse
	if a.allowed(ctx, string(access.SettingsManage)) == nil {
		if uses, err = a.secretUses(ctx); err != nil {
			return nil, err
		}
	}
	out := make([]secretView, 0, len(all))
	for _, s := range all {
		out = append(out, secretView{Secret: s, ValueByName: names[s.ValueBy], ChangedByName: names[s.ChangedBy], Uses: uses[s.ID]})
	}
	return out, nil
}
