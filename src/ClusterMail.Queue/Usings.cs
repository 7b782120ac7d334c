// Akka.Actor owns the same names; in this room they mean the mail words.
global using Envelope = ClusterMail.Protocol.Envelope;
