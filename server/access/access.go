// Package access decides who may do what. Decide is the only place: transports
// ask it per operation, capabilities per object, and lists turn Reach into a
// condition of their query.
//
// A role grants actions with a reach: to everything, to what belongs to the
// actor's departments or those below, or to what is the actor's own. Own is what
// the actor is responsible for or takes part in (as assignee, approver, starter).
// Rights over records and their automation can differ by record type, pipeline and
// stage: see Right.
package access

import (
	"context"
	"slices"
)

// Action is something a person may do.
type Action string

// Actions. Their names are the permissions of the API.
const (
	DefinitionsView    Action = "definitions.view"
	DefinitionsEdit    Action = "definitions.edit"
	DefinitionsPublish Action = "definitions.publish"
	RunsView           Action = "runs.view"
	RunsStart          Action = "runs.start"
	RunsOperate        Action = "runs.operate"
	TasksView          Action = "tasks.view"
	TasksComplete      Action = "tasks.complete"
	UsersManage        Action = "users.manage"
	SettingsManage     Action = "settings.manage"
	AuditView          Action = "audit.view"
	CRMView            Action = "crm.view"
	CRMAdd             Action = "crm.add"
	CRMEdit            Action = "crm.edit"
	CRMDelete          Action = "crm.delete"
	CRMExport          Action = "crm.export"
	AutomationView     Action = "automation.view"
	AutomationEdit     Action = "automation.edit"
	PipelinesEdit      Action = "pipelines.edit"
	ProductsEdit       Action = "products.edit"
	TemplatesEdit      Action = "templates.edit"
)

// Role names.
const (
	Administrator = "administrator"
	Designer      = "designer"
	Operator      = "operator"
	Member        = "member"
)

// Roles lists every role, the most powerful first.
func Roles() []string { return []string{Administrator, Designer, Operator, Member} }

// HoldersOf before the id of a role names those who hold it, where a process or a
// command names people: "role:operator".
const HoldersOf = "role:"

// Reach is how far a grant goes; the greater covers the smaller.
type Reach int

// Reaches of a grant.
const (
	Nothing Reach = iota
	Own
	Department
	Below // the own department and those below it
	All
)

// table is what each role may do. A person's grants are the widest of their roles.
var table = map[string]map[Action]Reach{
	Administrator: {
		DefinitionsView: All, DefinitionsEdit: All, DefinitionsPublish: All, RunsView: All, RunsStart: All, RunsOperate: All,
		TasksView: All, TasksComplete: Own, UsersManage: All, SettingsManage: All, AuditView: All,
		CRMView: All, CRMAdd: All, CRMEdit: All, CRMDelete: All, CRMExport: All, AutomationView: All, AutomationEdit: All,
		PipelinesEdit: All, ProductsEdit: All, TemplatesEdit: All,
	},
	Designer: {
		DefinitionsView: All, DefinitionsEdit: All, DefinitionsPublish: All, RunsView: All, RunsStart: All,
		TasksView: Own, TasksComplete: Own, CRMView: All, CRMAdd: All, CRMEdit: Own, CRMDelete: Own, CRMExport: All, AutomationView: All, AutomationEdit: All,
		PipelinesEdit: All, ProductsEdit: All, TemplatesEdit: All,
	},
	Operator: {
		DefinitionsView: All, RunsView: All, RunsStart: All, RunsOperate: All,
		TasksView: All, TasksComplete: Own, CRMView: All, AutomationView: All,
	},
	Member: {
		DefinitionsView: All, RunsView: Own, RunsStart: Own, TasksView: Own, TasksComplete: Own,
		CRMView: All, CRMAdd: All, CRMEdit: Department, CRMDelete: Department, CRMExport: Department, AutomationView: All,
	},
}

// Actor is who asks. The zero Actor is nobody and may do nothing.
type Actor struct {
	UserID string
	Name   string
	Roles  []string
	Groups []string
	// Departments are the actor's own and, for a head, all those below.
	Departments []string
	// Below are the actor's own department and all below it.
	Below []string
	// Decided holds what the workspace decided of roles, by their key.
	Decided map[string]Role
	// ViaToken: the request came with an API token, whose roles limit the user's.
	ViaToken bool
	// System: the product itself (the engine, a migration). It may do everything;
	// what it does on a process's behalf is limited where the process is published.
	System bool
}

// Object is what is acted on. Empty fields belong to nobody.
type Object struct {
	Type         string // plural noun in plain words, for the explanation
	ID           string
	Owner        string   // user id of the responsible person
	Department   string   // of the owner
	Participants []string // user ids
	Groups       []string // groups that take part
	// Record is the type of a CRM record, Pipeline and Stage say where it stands;
	// In names the pipeline to a reader.
	Record, Pipeline, Stage, In string
}

// Any is an object for questions about an action in general.
var Any = Object{}

// Decision is the answer. A denial carries what Why needs to explain it.
type Decision struct {
	Allowed bool
	Action  Action
	// Reason explains a denial in English; Why in another language.
	Reason string

	reach   Reach
	roles   []string
	reaches []Reach // of each role with a record
	nobody  bool
	general bool
	in      string
}

// Reach tells how far the actor's grant of an action goes, of records wherever it
// goes furthest; lists turn it into a condition of their query.
func (a Actor) Reach(action Action) Reach {
	if a.System {
		return All
	}
	return a.anywhere(action)
}

// Decide tells whether actor may do action to object. For an object without an
// owner, department and participants (a collection, a new thing) any reach is
// enough only when it is Any.
func Decide(actor Actor, action Action, object Object) Decision {
	d := Decision{Action: action, roles: actor.roleNames(), nobody: actor.UserID == "" && !actor.System, in: object.In}
	d.general = object.general()
	if object.Record == "" {
		d.reach = actor.Reach(action)
	} else {
		d.reach = actor.ReachIn(action, object.Record, object.Pipeline, object.Stage)
	}
	d.Allowed = !d.nobody && d.reach > Nothing && (d.general || actor.Covers(d.reach, object))
	if !d.Allowed {
		if object.Record != "" {
			for _, role := range actor.Roles {
				d.reaches = append(d.reaches, actor.reachOf(role, action, object.Record, object.Pipeline, object.Stage))
			}
		}
		d.Reason = d.Why("en")
	}
	return d
}

// Covers tells whether an object is within a reach of the actor.
func (a Actor) Covers(reach Reach, o Object) bool {
	switch reach {
	case All:
		return true
	case Below:
		return a.owns(o) || o.Department != "" && (slices.Contains(a.Departments, o.Department) || slices.Contains(a.Below, o.Department))
	case Department:
		return a.owns(o) || o.Department != "" && slices.Contains(a.Departments, o.Department)
	case Own:
		return a.owns(o)
	}
	return false
}

func (o Object) general() bool {
	return o.Type == "" && o.ID == "" && o.Owner == "" && o.Department == "" && len(o.Participants) == 0 && len(o.Groups) == 0
}

// roleNames are the keys of the built-in roles and the names of the others.
func (a Actor) roleNames() []string {
	names := slices.Clone(a.Roles)
	for i, role := range names {
		if own := a.Decided[role]; own.Name != "" {
			names[i] = own.Name
		}
	}
	return names
}

func (a Actor) owns(o Object) bool {
	return a.UserID != "" && (o.Owner == a.UserID || slices.Contains(o.Participants, a.UserID) ||
		slices.ContainsFunc(o.Groups, func(g string) bool { return slices.Contains(a.Groups, g) }))
}

// Permissions lists the actions the actor may do to anything at all, sorted.
func Permissions(actor Actor) []string {
	var out []string
	for action := range table[Administrator] {
		if actor.Reach(action) > Nothing {
			out = append(out, string(action))
		}
	}
	slices.Sort(out)
	return out
}

type actorKey struct{}

// With returns a context that carries the actor.
func With(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// From returns the actor of the context, nobody when there is none.
func From(ctx context.Context) Actor {
	actor, _ := ctx.Value(actorKey{}).(Actor)
	return actor
}
