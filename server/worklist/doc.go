// Package worklist shows people their open user tasks and takes their answers:
// it checks who may act and what the step asks for (comment, files, form), and
// leaves voting, deciding and delivering to the engine's task package.
package worklist
