package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/app"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/problem"
)

type backup struct {
	common
	To string `arg:"" help:"File to write." type:"path"`
}

// Run copies the embedded database while it may be in use.
func (b backup) Run(ctx context.Context) error {
	c, err := b.load(nil)
	if err != nil {
		return err
	}
	if err := app.Backup(ctx, c, b.To); err != nil {
		return err
	}
	fmt.Printf("%s is in %s\n", c.Database, b.To)
	return nil
}

type check struct{ common }

// Run prints the configuration in effect.
func (k check) Run() error {
	c, err := k.load(nil)
	if err != nil {
		return err
	}
	for _, s := range c.Describe() {
		fmt.Printf("%-28s %-40s %s\n", s.Key, s.Value, s.From)
	}
	for _, w := range c.Warnings {
		fmt.Fprintln(os.Stderr, "warning:", w)
	}
	return nil
}

type user struct {
	common
	Login    string   `arg:"" help:"Login of the account."`
	Name     string   `help:"Name of a new account; a new account needs one."`
	Email    string   `help:"Mail address of a new account."`
	Role     []string `help:"Roles of a new account: administrator, designer, operator, member." default:"member"`
	Password string   `help:"New password; better given in the environment, where other users of the machine do not see it." env:"FLUXO_USER_PASSWORD"`
}

// Run adds an account, or gives an existing one a new password.
func (u user) Run(ctx context.Context) error {
	c, err := u.load(nil)
	if err != nil {
		return err
	}
	a, err := app.New(ctx, c, app.Options{Version: version})
	if err != nil {
		return err
	}
	ctx = access.With(ctx, access.Actor{System: true})
	done := "has a new password"
	directory, err := a.Identity.Directory(ctx)
	if err == nil {
		if known, ok := directory.FindLogin(u.Login); ok {
			err = a.Identity.SetPassword(ctx, known.ID, u.Password, "")
		} else {
			done = "is added: " + strings.Join(u.Role, ", ")
			var made identity.User
			made, err = a.Identity.CreateUser(ctx, identity.NewUser{Login: u.Login, Name: u.Name, Email: u.Email, Roles: u.Role, Password: u.Password})
			if err == nil && slices.Contains(u.Role, access.Administrator) {
				err = a.CRM.FirstPipeline(ctx, crm.Change{Actor: made.ID}, made.Language)
			}
		}
	}
	if err = errors.Join(explained(err), a.Close()); err != nil {
		return err
	}
	fmt.Printf("%s %s\n", u.Login, done)
	return nil
}

// explained puts what is wrong with the flags into words: problems are made for documents.
func explained(err error) error {
	var p *problem.Problem
	if !errors.As(err, &p) || len(p.Fields) == 0 {
		return err
	}
	lines := make([]string, 0, len(p.Fields))
	for _, f := range p.Fields {
		flag := strings.TrimPrefix(f.Path, "/")
		if flag == "roles" {
			flag = "role"
		}
		lines = append(lines, "--"+flag+" "+f.Words("en"))
	}
	return errors.New(strings.Join(lines, "; "))
}
