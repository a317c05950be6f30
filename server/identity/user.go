package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"hash/fnv"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// User is a person with an account.
type User struct {
	docstore.Entity
	Login        string   `json:"login"`
	Name         string   `json:"name"`
	Email        string   `json:"email"`
	Title        string   `json:"title"`
	Language     string   `json:"language"`
	Zone         string   `json:"zone"`
	Active       bool     `json:"active"`
	DepartmentID string   `json:"departmentId"`
	Roles        []string `json:"roles"`
	// GroupIDs follows from the groups; it is filled in on reading.
	GroupIDs    []string `json:"groupIds"`
	AvatarColor string   `json:"avatarColor"`
	// TaskMail: what the bell tells of tasks comes by mail, too.
	TaskMail bool `json:"taskMail,omitempty" doc:"new tasks are told by mail as well"`
	Demo     bool `json:"demo,omitempty"`
}

// NewUser asks for an account. ID may be left empty. Without a password nobody
// can sign in with one.
type NewUser struct {
	ID           string   `json:"-"`
	Login        string   `json:"login"`
	Name         string   `json:"name"`
	Email        string   `json:"email"`
	Title        string   `json:"title,omitempty"`
	Language     string   `json:"language,omitempty"`
	Zone         string   `json:"zone,omitempty"`
	DepartmentID string   `json:"departmentId,omitempty"`
	Roles        []string `json:"roles,omitempty"`
	GroupIDs     []string `json:"groupIds,omitempty"`
	Password     string   `json:"password,omitempty"`
	Demo         bool     `json:"-"`
}

// UserChange changes what is set.
type UserChange struct {
	Login        *string   `json:"login,omitempty"`
	Name         *string   `json:"name,omitempty"`
	Email        *string   `json:"email,omitempty"`
	Title        *string   `json:"title,omitempty"`
	Language     *string   `json:"language,omitempty"`
	Zone         *string   `json:"zone,omitempty"`
	DepartmentID *string   `json:"departmentId,omitempty"`
	Active       *bool     `json:"active,omitempty"`
	TaskMail     *bool     `json:"taskMail,omitempty" doc:"new tasks are told by mail as well"`
	Roles        *[]string `json:"roles,omitempty"`
	GroupIDs     *[]string `json:"groupIds,omitempty"`
}

var (
	loginForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]{0,79}$`)
	languages    = []string{"en", "pt-BR", "pl", "ru"}
	avatarColors = []string{"blue", "cyan", "grape", "green", "indigo", "lime", "orange", "pink", "red", "teal", "violet", "yellow"}
)

const (
	maxNameRunes  = 120
	maxEmailBytes = 254
)

func normalLogin(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func (s *Service) checkUser(u User, d *Directory) error {
	var found []problem.Field
	if !loginForm.MatchString(u.Login) {
		found = append(found, problem.Field{Path: "/login", Code: "format"})
	}
	found = problem.Line(found, "/name", u.Name, true, maxNameRunes)
	found = problem.Line(found, "/title", u.Title, false, maxNameRunes)
	if u.Email != "" {
		a, err := mail.ParseAddress(u.Email)
		if err != nil || a.Address != u.Email || len(u.Email) > maxEmailBytes {
			found = append(found, problem.Field{Path: "/email", Code: "format"})
		}
	}
	if !slices.Contains(languages, u.Language) {
		found = append(found, problem.Field{Path: "/language", Code: "one_of"})
	}
	if _, err := time.LoadLocation(u.Zone); err != nil || u.Zone == "" || u.Zone == "Local" {
		found = append(found, problem.Field{Path: "/zone", Code: "unknown_reference"})
	}
	if _, ok := d.departments[u.DepartmentID]; u.DepartmentID != "" && !ok {
		found = append(found, problem.Field{Path: "/departmentId", Code: "unknown_reference"})
	}
	if len(u.Roles) == 0 {
		found = append(found, problem.Field{Path: "/roles", Code: "required"})
	}
	for _, r := range u.Roles {
		if !slices.Contains(access.Roles(), r) {
			found = append(found, problem.Field{Path: "/roles", Code: "one_of"})
			break
		}
	}
	for _, g := range u.GroupIDs {
		if _, ok := d.groups[g]; !ok {
			found = append(found, problem.Field{Path: "/groupIds", Code: "unknown_reference"})
			break
		}
	}
	return problem.Fields(found)
}

// CreateUser makes an account.
func (s *Service) CreateUser(ctx context.Context, n NewUser) (User, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return User{}, err
	}
	u := User{Login: normalLogin(n.Login), Name: strings.TrimSpace(n.Name), Email: strings.TrimSpace(n.Email), Title: strings.TrimSpace(n.Title),
		Language: n.Language, Zone: n.Zone, Active: true, DepartmentID: n.DepartmentID, Roles: n.Roles, GroupIDs: n.GroupIDs, Demo: n.Demo}
	u.ID = n.ID
	if u.ID == "" {
		u.ID = uuid.Must(uuid.NewV7()).String()
	}
	if u.Language == "" {
		u.Language = languages[0]
	}
	if u.Zone == "" {
		u.Zone = "UTC"
	}
	if len(u.Roles) == 0 {
		u.Roles = []string{access.Member}
	}
	u.AvatarColor = colorOf(u.ID)
	if err := s.checkUser(u, d); err != nil {
		return User{}, err
	}
	if n.Password != "" {
		if err := checkPassword(n.Password, u); err != nil {
			return User{}, err
		}
	}
	groups := u.GroupIDs
	u.GroupIDs = nil
	e, err := event(ctx, "userCreated", nil, u)
	if err != nil {
		return User{}, err
	}
	// The password comes before the account: one that belongs to nobody does no
	// harm, an administrator who cannot sign in does.
	if n.Password != "" {
		if _, taken := d.Find(u.ID); taken {
			return User{}, problem.New("exists", "what", u.ID)
		}
		if err := s.storePassword(ctx, u.ID, n.Password); err != nil {
			return User{}, err
		}
	}
	if _, err := s.users.Save(ctx, u, e); err != nil {
		return User{}, s.refused(ctx, err, u.ID, u.Login)
	}
	return s.finish(ctx, u.ID, &groups)
}

func colorOf(id string) string {
	h := fnv.New32a()
	h.Write([]byte(id))
	return avatarColors[h.Sum32()%uint32(len(avatarColors))]
}

// finish brings the groups of a user to what was asked and returns the user as
// stored.
func (s *Service) finish(ctx context.Context, id string, groups *[]string) (User, error) {
	s.changed(ctx)
	if groups != nil {
		d, err := s.Directory(ctx)
		if err != nil {
			return User{}, err
		}
		for _, g := range d.Groups() {
			if slices.Contains(g.MemberIDs, id) == slices.Contains(*groups, g.ID) {
				continue
			}
			if err := s.setMember(ctx, g.ID, id, slices.Contains(*groups, g.ID)); err != nil {
				return User{}, err
			}
		}
		s.changed(ctx)
	}
	return s.User(ctx, id)
}

// User returns a user.
func (s *Service) User(ctx context.Context, id string) (User, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return User{}, err
	}
	u, ok := d.Find(id)
	if !ok {
		return User{}, problem.NotFound("user")
	}
	return u, nil
}

// Users lists users by name; q searches name, login, mail address and title.
func (s *Service) Users(ctx context.Context, q, cursor string, limit int) ([]User, string, error) {
	query := docstore.Query{Sort: "name", Limit: limit, Cursor: cursor}
	if len(docstore.Words(q)) > 0 {
		query.Filters = []docstore.Filter{{Op: docstore.Text, Value: q}}
	}
	users, next, err := s.users.Find(ctx, query)
	if err != nil {
		return nil, "", err
	}
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, "", err
	}
	for i := range users {
		users[i].GroupIDs = d.groupIDs(users[i].ID)
	}
	return users, next, nil
}

// UpdateUser changes an account. rev is the one the caller saw.
func (s *Service) UpdateUser(ctx context.Context, id string, rev int64, c UserChange) (User, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return User{}, err
	}
	before, err := s.users.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return User{}, problem.NotFound("user")
	}
	if err != nil {
		return User{}, err
	}
	before.GroupIDs = d.groupIDs(id)
	if before.Rev != rev {
		return User{}, problem.Stale(before)
	}
	after := before
	c.apply(&after)
	if err := s.checkUser(after, d); err != nil {
		return User{}, err
	}
	if wasAdmin(before) && !wasAdmin(after) {
		err = s.stepDown(ctx, before, after)
	} else {
		_, err = s.saveUser(ctx, before, after)
	}
	if err != nil {
		return User{}, err
	}
	if before.Active && !after.Active {
		if err := s.RevokeSessions(ctx, id, ""); err != nil {
			return User{}, err
		}
	}
	return s.finish(ctx, id, c.GroupIDs)
}

func (s *Service) saveUser(ctx context.Context, before, after User) (User, error) {
	e, err := event(ctx, "userChanged", before, after)
	if err != nil {
		return User{}, err
	}
	after.GroupIDs = nil
	saved, err := s.users.Save(ctx, after, e)
	if err != nil {
		return User{}, s.refused(ctx, err, after.ID, after.Login)
	}
	return saved, nil
}

// stepDown saves a user who is no administrator any more. There stays one: here they
// step down one after another, and two who do so on two servers at once both see it
// afterwards and are administrators again.
func (s *Service) stepDown(ctx context.Context, before, after User) error {
	last := problem.Invalid("/roles", "invalid", "the last active administrator must stay one")
	s.order.Lock()
	defer s.order.Unlock()
	d, err := s.reload(ctx)
	if err != nil {
		return err
	}
	if !d.hasOtherAdministrator(before.ID) {
		return last
	}
	saved, err := s.saveUser(ctx, before, after)
	if err != nil {
		return err
	}
	if d, err = s.reload(ctx); err != nil || d.hasOtherAdministrator(before.ID) {
		return err
	}
	again := before
	again.Entity = saved.Entity
	if _, err := s.saveUser(ctx, saved, again); err != nil {
		return err
	}
	s.changed(ctx)
	return last
}

// refused explains why a user was not saved.
func (s *Service) refused(ctx context.Context, err error, id, login string) error {
	switch {
	case errors.Is(err, docstore.ErrExists):
		return problem.New("exists", "what", login)
	case errors.Is(err, docstore.ErrConflict):
		current, err := s.users.Get(ctx, id)
		if err != nil {
			return err
		}
		current.GroupIDs = s.Current().groupIDs(id)
		return problem.Stale(current)
	}
	return err
}

func wasAdmin(u User) bool { return u.Active && slices.Contains(u.Roles, access.Administrator) }

func (d *Directory) hasOtherAdministrator(id string) bool {
	for other, u := range d.users {
		if other != id && wasAdmin(u) {
			return true
		}
	}
	return false
}

func (c UserChange) apply(u *User) {
	for _, f := range []struct {
		from *string
		to   *string
	}{{c.Name, &u.Name}, {c.Email, &u.Email}, {c.Title, &u.Title}, {c.Language, &u.Language}, {c.Zone, &u.Zone}, {c.DepartmentID, &u.DepartmentID}} {
		if f.from != nil {
			*f.to = strings.TrimSpace(*f.from)
		}
	}
	if c.Login != nil {
		u.Login = normalLogin(*c.Login)
	}
	if c.Active != nil {
		u.Active = *c.Active
	}
	if c.TaskMail != nil {
		u.TaskMail = *c.TaskMail
	}
	if c.Roles != nil {
		u.Roles = slices.Compact(slices.Sorted(slices.Values(*c.Roles)))
	}
	if c.GroupIDs != nil {
		u.GroupIDs = *c.GroupIDs
	}
}

// SetPreferences changes what users may change of themselves.
func (s *Service) SetPreferences(ctx context.Context, id, language, zone string) (User, error) {
	c := UserChange{}
	if language != "" {
		c.Language = &language
	}
	if zone != "" {
		c.Zone = &zone
	}
	return s.prefer(ctx, id, c)
}

// SetTaskMail says whether a user wants to be told of tasks by mail.
func (s *Service) SetTaskMail(ctx context.Context, id string, on bool) (User, error) {
	return s.prefer(ctx, id, UserChange{TaskMail: &on})
}

func (s *Service) prefer(ctx context.Context, id string, c UserChange) (User, error) {
	for {
		u, err := s.users.Get(ctx, id)
		if err != nil {
			return User{}, err
		}
		saved, err := s.UpdateUser(ctx, id, u.Rev, c)
		var p *problem.Problem
		if errors.As(err, &p) && p.Code == "stale" {
			continue // somebody changed another field: not the user's business
		}
		return saved, err
	}
}

// SetupNeeded tells whether nobody has an account yet.
func (s *Service) SetupNeeded(ctx context.Context) (bool, error) {
	d, err := s.Directory(ctx)
	return err == nil && len(d.users) == 0, err
}

// normalCode is a code as it is compared: people type small letters and leave out hyphens.
func normalCode(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// Setup makes the first administrator; it works once, and for those who know the
// code that the server has told its operator.
func (s *Service) Setup(ctx context.Context, n NewUser, code string) (User, error) {
	needed, err := s.SetupNeeded(ctx)
	if err != nil {
		return User{}, err
	}
	if !needed {
		return User{}, problem.New("setup_done")
	}
	if subtle.ConstantTimeCompare([]byte(normalCode(code)), []byte(normalCode(s.options.SetupCode))) != 1 {
		return User{}, problem.New("setup_code")
	}
	n.Roles, n.DepartmentID, n.GroupIDs = []string{access.Administrator, access.Designer, access.Operator, access.Member}, "", nil
	if n.Password == "" {
		return User{}, problem.Invalid("/password", "required", "")
	}
	n.ID = uuid.Must(uuid.NewV7()).String()
	u := User{Login: normalLogin(n.Login), Name: n.Name, Email: n.Email, Language: n.Language, Zone: n.Zone, Roles: n.Roles}
	if u.Language == "" {
		u.Language = languages[0]
	}
	if u.Zone == "" {
		u.Zone = "UTC"
	}
	if err := errors.Join(s.checkUser(u, s.Current()), checkPassword(n.Password, u)); err != nil {
		return User{}, err
	}
	// Two first administrators at once: the mark decides. One that led to no
	// account within a minute was left by a crash.
	m := mark{Entity: docstore.Entity{ID: "setup"}, UserID: n.ID}
	_, err = s.marks.Save(ctx, m)
	if errors.Is(err, docstore.ErrExists) {
		if m, err = s.marks.Get(ctx, m.ID); err == nil {
			if s.now().Before(m.UpdatedAt.Add(time.Minute)) {
				return User{}, problem.New("setup_done")
			}
			m.UserID = n.ID
			_, err = s.marks.Save(ctx, m)
		}
	}
	if errors.Is(err, docstore.ErrConflict) {
		return User{}, problem.New("setup_done")
	}
	if err != nil {
		return User{}, err
	}
	return s.CreateUser(ctx, n)
}
