package robot

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// Staff tells who can be asked to do something.
type Staff interface {
	Absent(ctx context.Context, user string, at time.Time) (bool, error)
	// OnDuty tells whether a person has begun the day and not ended it.
	OnDuty(ctx context.Context, user string) (bool, error)
	// Load is how much a person has to do.
	Load(ctx context.Context, user string) (int64, error)
	// Turn is whose turn it is under a key; the same effect gets the same answer.
	Turn(ctx context.Context, key, effect string, candidates []string) (string, error)
	// Responsible is the responsible person of a record, "" for none.
	Responsible(ctx context.Context, recordType, recordID string) (string, error)
}

// employeeSelect chooses one of several people.
type employeeSelect struct {
	staff  Staff
	people func(ctx context.Context) (People, error)
	random io.Reader
}

// Descriptor implements robot.Performer.
func (*employeeSelect) Descriptor() robot.Descriptor {
	return describe("employee.select", robot.Internal)
}

// Perform chooses; that nobody fits is a result, not a failure.
//
// covers B-49
func (p *employeeSelect) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	how, failure := text(req.Config, "how", false)
	if failure != nil {
		return robot.Result{}, failure
	}
	people, err := p.people(ctx)
	if err != nil {
		return robot.Result{}, temporary("directory_unavailable", err, "the directory could not be read")
	}
	from, failure := several(people, req.Config["from"])
	if failure != nil {
		return robot.Result{}, failure
	}
	backup, failure := several(people, req.Config["backup"])
	if failure != nil {
		return robot.Result{}, failure
	}
	fits := func(user string) (bool, error) { return p.fits(ctx, people, req, user) }
	var chosen string
	if how == "head" {
		chosen, err = p.head(ctx, people, req, from, fits)
	} else {
		chosen, err = p.one(ctx, req, how, from, fits)
	}
	if err == nil && chosen == "" {
		chosen, err = p.first(backup, fits)
	}
	if err != nil {
		return robot.Result{}, temporary("staff_unavailable", err, "it could not be read who can be asked: %v", err)
	}
	return robot.Result{Values: map[string]any{"user": chosen, "found": chosen != ""}}, nil
}

// several are the active people of a list, none for an empty one.
func several(people People, value any) ([]string, *robot.Failure) {
	if list, isList := value.([]any); value == nil || value == "" || isList && len(list) == 0 {
		return nil, nil
	}
	users, failure := recipients(people, value)
	if failure != nil && failure.Code == "no_recipient" {
		return nil, nil // people who have all left
	}
	return users, failure
}

func (p *employeeSelect) fits(ctx context.Context, people People, req robot.Request, user string) (bool, error) {
	known, there := people.User(user)
	if active, stated := known["active"].(bool); !there || stated && !active {
		return false, nil
	}
	if also, _ := req.Config["absent"].(bool); !also {
		if away, err := p.staff.Absent(ctx, user, req.Now); err != nil || away {
			return false, err
		}
	}
	if only, _ := req.Config["onDuty"].(bool); only {
		return p.staff.OnDuty(ctx, user)
	}
	return true, nil
}

func (p *employeeSelect) first(users []string, fits func(string) (bool, error)) (string, error) {
	for _, user := range users {
		if ok, err := fits(user); err != nil || ok {
			return user, err
		}
	}
	return "", nil
}

// head climbs the company: so many levels, and on while the head does not fit.
func (p *employeeSelect) head(ctx context.Context, people People, req robot.Request, from []string, fits func(string) (bool, error)) (string, error) {
	level := 1
	if given := req.Config["level"]; given != nil {
		if _, err := fmt.Sscan(fmt.Sprint(given), &level); err != nil {
			return "", fmt.Errorf("level: %w", err)
		}
	}
	var user string
	switch {
	case len(from) > 0:
		user = from[0]
	case req.Run.RecordID != "":
		var err error
		if user, err = p.staff.Responsible(ctx, req.Run.RecordType, req.Run.RecordID); err != nil {
			return "", err
		}
	}
	seen := map[string]bool{user: true}
	for climbed := 1; ; climbed++ {
		head, known := people.Head(user)
		if !known || seen[head] {
			return "", nil
		}
		user, seen[head] = head, true
		if climbed < level {
			continue
		}
		if ok, err := fits(user); err != nil || ok {
			return user, err
		}
	}
}

func (p *employeeSelect) one(ctx context.Context, req robot.Request, how string, from []string, fits func(string) (bool, error)) (string, error) {
	var able []string
	for _, user := range from {
		ok, err := fits(user)
		if err != nil {
			return "", err
		}
		if ok {
			able = append(able, user)
		}
	}
	if len(able) == 0 {
		return "", nil
	}
	slices.Sort(able)
	switch how {
	case "random":
		i, err := rand.Int(p.random, big.NewInt(int64(len(able))))
		if err != nil {
			return "", err
		}
		return able[i.Int64()], nil
	case "load":
		least, fewest := "", int64(0)
		for _, user := range able {
			n, err := p.staff.Load(ctx, user)
			if err != nil {
				return "", err
			}
			if least == "" || n < fewest {
				least, fewest = user, n
			}
		}
		return least, nil
	}
	wait, _ := waitOf(req.EffectID)
	return p.staff.Turn(ctx, digest(req.Run.DefinitionKey+"\x00"+req.Node), wait, able)
}
