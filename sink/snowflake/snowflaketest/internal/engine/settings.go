package engine

import (
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// settingsOf makes texts of a statement's options.
func (w *work) settingsOf(params []syntax.Param) (settings, error) {
	var out settings
	for _, p := range params {
		s := setting{Name: p.Name}
		switch p.Value.Kind {
		case syntax.ListValue:
			s.List = []string{}
			for _, v := range p.Value.List {
				text, err := w.scalar(v)
				if err != nil {
					return nil, err
				}
				s.List = append(s.List, text)
			}
		case syntax.ParamsValue:
			return nil, unsupported("%s = (…) here", p.Name)
		default:
			text, err := w.scalar(p.Value)
			if err != nil {
				return nil, err
			}
			s.Text, s.Quoted = text, p.Value.Kind == syntax.StringValue
			if p.Name == "FORMAT_NAME" && p.Value.Kind == syntax.WordValue {
				s.Text = dotted(p.Value.Parts)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// formatOf is the settings of FILE_FORMAT: those that it has, or those of the format that it names.
func (w *work) formatOf(v syntax.Value) (settings, error) {
	name := ""
	switch v.Kind {
	case syntax.StringValue, syntax.WordValue:
		name = v.Text
		if v.Kind == syntax.WordValue {
			name = dotted(v.Parts)
		}
	case syntax.ParamsValue:
		set, err := w.settingsOf(v.Params)
		if err != nil {
			return nil, err
		}
		text, ok := set.get("FORMAT_NAME")
		if !ok {
			return set, nil
		}
		if len(set) > 1 {
			return nil, compilation(1003, "42000", "FORMAT_NAME and other options exclude each other.")
		}
		name = text
	default:
		return nil, compilation(1003, "42000", "FILE_FORMAT has no options.")
	}
	n, err := syntax.ParseName(name)
	if err != nil {
		return nil, err
	}
	o, err := w.need(syntax.FileFormat, n, "COPY")
	if err != nil {
		return nil, err
	}
	return o.Format, w.authorize(o, "USAGE")
}

func checkFormat(s settings) error {
	_, err := copyinto.NewFormat(nil, s.copying())
	return err
}

// copying is the settings in the form that package copyinto has them in.
func (s settings) copying() []copyinto.Setting {
	out := make([]copyinto.Setting, len(s))
	for i, x := range s {
		out[i] = copyinto.Setting{Name: x.Name, Text: x.Text, Quoted: x.Quoted, List: x.List, IsList: x.List != nil}
	}
	return out
}
