package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// create is CREATE of everything but tables, views and pipes.
func (w *work) create(st *syntax.Create) (*Result, error) {
	if st.Clone != nil {
		return nil, unsupported("CREATE %s CLONE", st.Kind)
	}
	o := &object{Kind: st.Kind, Transient: st.Transient}
	switch st.Kind {
	case syntax.Database, syntax.Schema:
	case syntax.Stage:
		o.Stage = &stage{Encrypted: true}
	case syntax.FileFormat:
	case syntax.Warehouse:
		o.Warehouse = &warehouse{Size: "X-Small", AutoSuspend: 600, AutoResume: true}
	case syntax.Role:
		o.Role = &role{}
	case syntax.User:
		o.User = &user{}
	case syntax.Integration:
		o.Integration = &integration{}
	default:
		return nil, unsupported("CREATE %s", st.Kind)
	}
	if err := w.configure(o, st.Params); err != nil {
		return nil, err
	}
	if err := w.complete(o); err != nil {
		return nil, err
	}
	to, err := w.slot(st.Kind, st.Name, st.OrReplace, st.IfNotExists, st.Temporary)
	if err != nil || to.done != nil {
		return to.done, err
	}
	if err := w.fill(to, o); err != nil {
		return nil, err
	}
	switch st.Kind {
	case syntax.Database:
		for _, name := range []string{"PUBLIC"} {
			if err := w.add(&object{Kind: syntax.Schema, Name: name, Parent: o.ID, Transient: o.Transient}); err != nil {
				return nil, err
			}
		}
		w.s.database, w.s.schema = o.ID, w.e.catalog.find(o.ID, syntax.Schema, "PUBLIC", 0).ID
	case syntax.Schema:
		w.s.database, w.s.schema = o.Parent, o.ID
	case syntax.Warehouse:
		w.s.warehouse = o.ID
	case syntax.Stage:
		if o.Stage.URL == "" {
			o.Stage.Dir = fmt.Sprintf("stage-%d", o.ID)
		}
	case syntax.User:
		if o.User.LoginName == "" {
			o.User.LoginName = o.Name
		}
	}
	what := title(st.Kind)
	if st.Kind == syntax.Stage {
		what = "Stage area"
	}
	return status(DDL, fmt.Sprintf("%s %s successfully created.", what, quoted(to.name))), w.save(o)
}

// complete checks what options of an object are like together.
func (w *work) complete(o *object) error {
	switch o.Kind {
	case syntax.FileFormat:
		return checkFormat(o.Format)
	case syntax.Stage:
		return w.checkPlace(o.Stage)
	case syntax.Integration:
		return o.Integration.check()
	}
	return nil
}

// configure sets the options of CREATE and of ALTER … SET.
func (w *work) configure(o *object, params []syntax.Param) error {
	for _, p := range params {
		if p.Name == "COMMENT" {
			text, err := w.scalar(p.Value)
			if err != nil {
				return err
			}
			o.Comment = text
			continue
		}
		var err error
		switch o.Kind {
		case syntax.Stage:
			err = w.configureStage(o.Stage, p)
		case syntax.FileFormat:
			var s settings
			if s, err = w.settingsOf([]syntax.Param{p}); err == nil {
				o.Format = o.Format.over(s)
			}
		case syntax.Warehouse:
			err = w.configureWarehouse(o.Warehouse, p)
		case syntax.User:
			err = w.configureUser(o.User, p)
		case syntax.Integration:
			err = w.configureIntegration(o.Integration, p)
		case syntax.Database, syntax.Schema:
			switch p.Name {
			case "DATA_RETENTION_TIME_IN_DAYS":
				o.Retention, err = w.scalar(p.Value)
			case "MAX_DATA_EXTENSION_TIME_IN_DAYS":
			default:
				err = unsupported("%s of a %s", p.Name, strings.ToLower(string(o.Kind)))
			}
		default:
			err = unsupported("%s of a %s", p.Name, strings.ToLower(string(o.Kind)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *work) configureStage(s *stage, p syntax.Param) error {
	switch p.Name {
	case "FILE_FORMAT", "COPY_OPTIONS":
		set, err := w.formatOf(p.Value)
		if err != nil {
			return err
		}
		if p.Name == "COPY_OPTIONS" {
			s.Copy = set
			return nil
		}
		s.Format = set
		return checkFormat(set)
	case "DIRECTORY":
		for _, d := range p.Value.Params {
			if on, err := truth(d.Name, d.Value.Text); err != nil || on {
				return unsupported("DIRECTORY = (%s = %s)", d.Name, d.Value.Text)
			}
		}
		return nil
	case "ENCRYPTION":
		set, err := w.settingsOf(p.Value.Params)
		if err != nil {
			return err
		}
		switch kind, _ := set.get("TYPE"); strings.ToUpper(kind) {
		case "SNOWFLAKE_FULL":
			s.Encrypted = true
		case "SNOWFLAKE_SSE":
			s.Encrypted = false
		default:
			return unsupported("ENCRYPTION = (TYPE = %s)", kind)
		}
		return nil
	case "URL":
		text, err := w.scalar(p.Value)
		if err != nil {
			return err
		}
		s.URL, s.Encrypted = text, false
		return nil
	case "STORAGE_INTEGRATION":
		return w.integrate(s, p.Value)
	case "CREDENTIALS", "ENDPOINT", "USE_PRIVATELINK_ENDPOINT", "AWS_ACCESS_POINT_ARN":
		return nil // how the fake gets at a bucket is its own affair
	}
	return unsupported("%s of a stage", p.Name)
}

func (w *work) configureWarehouse(h *warehouse, p syntax.Param) error {
	text, err := w.scalar(p.Value)
	if err != nil {
		return err
	}
	switch p.Name {
	case "WAREHOUSE_SIZE":
		h.Size = text
	case "AUTO_SUSPEND":
		if strings.EqualFold(text, "NULL") {
			text = "0"
		}
		if h.AutoSuspend, err = strconv.ParseInt(text, 10, 64); err != nil {
			return invalidProperty(text, p.Name)
		}
	case "AUTO_RESUME":
		h.AutoResume, err = truth(p.Name, text)
	case "INITIALLY_SUSPENDED":
		h.Suspended, err = truth(p.Name, text)
	case "WAREHOUSE_TYPE", "MIN_CLUSTER_COUNT", "MAX_CLUSTER_COUNT", "SCALING_POLICY", "MAX_CONCURRENCY_LEVEL",
		"ENABLE_QUERY_ACCELERATION", "RESOURCE_MONITOR":
		// Of how fast something is done, and when it is charged: no answer depends on it.
	default:
		return unsupported("%s of a warehouse", p.Name)
	}
	return err
}
