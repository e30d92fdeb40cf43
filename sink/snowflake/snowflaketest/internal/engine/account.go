package engine

import (
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// found makes what every account has, if it is not there yet.
func (w *work) found() error {
	c := &w.e.catalog
	for _, o := range c.all(syntax.Account) {
		w.e.account = o
		return nil
	}
	roles := map[string]*object{}
	for _, name := range []string{"PUBLIC", "USERADMIN", "SECURITYADMIN", "SYSADMIN", "ACCOUNTADMIN"} {
		roles[name] = &object{Kind: syntax.Role, Name: name, Role: &role{}}
		if err := w.add(roles[name]); err != nil {
			return err
		}
	}
	roles["SECURITYADMIN"].Role.Granted = []int64{roles["USERADMIN"].ID}
	roles["ACCOUNTADMIN"].Role.Granted = []int64{roles["SECURITYADMIN"].ID, roles["SYSADMIN"].ID}
	account := &object{Kind: syntax.Account, Name: w.e.options.Account, Owner: roles["ACCOUNTADMIN"].ID}
	for name, list := range map[string][]string{
		"SYSADMIN":      {"CREATE DATABASE", "CREATE WAREHOUSE"},
		"USERADMIN":     {"CREATE ROLE", "CREATE USER"},
		"SECURITYADMIN": {"MANAGE GRANTS"},
	} {
		for _, p := range list {
			account.Grants = append(account.Grants, grant{Privilege: p, To: roles[name].ID})
		}
	}
	slices.SortFunc(account.Grants, func(a, b grant) int { return strings.Compare(a.Privilege, b.Privilege) })
	if err := w.add(account); err != nil {
		return err
	}
	admin := &object{Kind: syntax.User, Name: "ADMIN", Owner: roles["ACCOUNTADMIN"].ID, User: &user{LoginName: "ADMIN", Roles: []int64{roles["ACCOUNTADMIN"].ID}}}
	admin.User.Default.Role = "ACCOUNTADMIN"
	if err := w.add(admin); err != nil {
		return err
	}
	for _, r := range roles {
		if err := w.save(r); err != nil {
			return err
		}
	}
	w.e.account = account
	return nil
}
