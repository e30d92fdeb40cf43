package engine

import (
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// integration is a storage integration: which places stages may be over. How the account gets at them is the fake's own
// affair.
type integration struct {
	Provider string
	Disabled bool
	Allowed  []string // "*" = all
	Blocked  []string
	Provided settings // what the provider is told, such as STORAGE_AWS_ROLE_ARN
}

func (w *work) configureIntegration(i *integration, p syntax.Param) error {
	set, err := w.settingsOf([]syntax.Param{p})
	if err != nil {
		return err
	}
	text, list := set[0].Text, set[0].List
	switch p.Name {
	case "TYPE":
		if !strings.EqualFold(text, "EXTERNAL_STAGE") {
			return unsupported("INTEGRATION of TYPE = %s", text)
		}
	case "STORAGE_PROVIDER":
		i.Provider = strings.ToUpper(text)
		switch i.Provider {
		case "S3", "S3GOV", "S3CHINA", "GCS", "AZURE":
		default:
			return invalidProperty(text, p.Name)
		}
	case "ENABLED":
		on, err := truth(p.Name, text)
		i.Disabled = !on
		return err
	case "STORAGE_ALLOWED_LOCATIONS":
		i.Allowed = list
	case "STORAGE_BLOCKED_LOCATIONS":
		i.Blocked = list
	case "STORAGE_AWS_ROLE_ARN", "STORAGE_AWS_EXTERNAL_ID", "STORAGE_AWS_OBJECT_ACL", "AZURE_TENANT_ID", "USE_PRIVATELINK_ENDPOINT":
		i.Provided = i.Provided.over(set)
	default:
		return unsupported("%s of an integration", p.Name)
	}
	return nil
}

// check sees to it that a storage integration has what it needs.
func (i *integration) check() error {
	switch {
	case i.Provider == "":
		return compilation(2029, "42601", "Missing option(s): [STORAGE_PROVIDER]")
	case len(i.Allowed) == 0:
		return compilation(2029, "42601", "Missing option(s): [STORAGE_ALLOWED_LOCATIONS]")
	}
	return nil
}

// allows says whether a stage may be over a place.
func (i *integration) allows(url string) bool {
	under := func(list []string) bool {
		for _, l := range list {
			if l == "*" || strings.HasPrefix(directory(url), directory(l)) {
				return true
			}
		}
		return false
	}
	return under(i.Allowed) && !under(i.Blocked)
}

// integrate gives a stage the integration that it names, if the role may use that.
func (w *work) integrate(s *stage, v syntax.Value) error {
	if v.Kind != syntax.WordValue {
		return compilation(1003, "42000", "STORAGE_INTEGRATION is not a name.") // approximate
	}
	o, err := w.need(syntax.Integration, syntax.Name{Parts: v.Parts}, "CREATE STAGE")
	if err != nil {
		return err
	}
	if err := w.authorize(o, "USAGE"); err != nil {
		return err
	}
	s.Integration = o.ID
	return nil
}

// checkPlace sees to it that the stage's integration lets it be where it is.
func (w *work) checkPlace(s *stage) error {
	o := w.e.catalog.objects[s.Integration]
	switch {
	case s.Integration == 0:
		return nil
	case s.URL == "":
		return compilation(1003, "42000", "STORAGE_INTEGRATION is of an external stage, whose URL is missing.") // approximate
	case o == nil:
		return compilation(2003, "02000", "Integration of the stage does not exist or not authorized.") // approximate
	case o.Integration.Disabled:
		return compilation(3142, "42601", "Integration %s is not enabled.", quoted(o.Name)) // approximate: the code
	case !o.Integration.allows(s.URL):
		return compilation(3155, "42601", "Location '%s' is not allowed by integration %s. Please use DESC INTEGRATION to check out allowed and blocked locations.", s.URL, quoted(o.Name)) // approximate: the code
	}
	return nil
}

// describeIntegration is DESCRIBE INTEGRATION.
func describeIntegration(o *object) *Result {
	i := o.Integration
	res := &Result{Class: Describe, Columns: headed([]string{"property", "property_type", "property_value", "property_default"})}
	add := func(name, kind, value, standard string) {
		res.Rows = append(res.Rows, []any{name, kind, value, standard})
	}
	enabled := "true"
	if i.Disabled {
		enabled = "false"
	}
	add("ENABLED", "Boolean", enabled, "false")
	add("STORAGE_PROVIDER", "String", i.Provider, "")
	add("STORAGE_ALLOWED_LOCATIONS", "List", strings.Join(i.Allowed, ","), "[]")
	add("STORAGE_BLOCKED_LOCATIONS", "List", strings.Join(i.Blocked, ","), "[]")
	for _, s := range i.Provided {
		add(s.Name, "String", s.Text, "")
	}
	add("COMMENT", "String", o.Comment, "")
	return res
}
