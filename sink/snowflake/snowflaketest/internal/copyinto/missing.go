package copyinto

// Missing is what becomes of a file that FILES names and the stage has not: the error of the statement, where ON_ERROR is
// ABORT_STATEMENT, and otherwise the file's result. location is the file as the statement calls it: "@stage/path/name.csv".
// All of it is certain.
func Missing(o Options, location, name string) (FileResult, error) {
	const cause = "If you are running a copy command, please make sure files are not deleted when they are being loaded or files are" +
		" not being loaded into two different tables concurrently with auto purge option."
	found := "Remote file '" + location + "' was not found. "
	if o.OnError.Action == Abort && o.Validation.Mode == NoValidation {
		return FileResult{}, &Error{Code: 91016, SQLState: "22000", Message: found + cause}
	}
	e := missingFile.row(found+"There are several potential causes. The file might not exist. The required credentials may be missing or invalid. "+cause, 0)
	e.File = name
	return FileResult{File: name, Status: LoadFailed, ErrorLimit: o.OnError.limit(0), ErrorsSeen: 1, Errors: []RowError{e}}, nil
}
